package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// place moves the data file to where the old one is. A new object goes to its
// natural place if it can, to its escaped one otherwise.
func (p *publication) place(ctx context.Context, old *found) error {
	if old != nil {
		return p.moveTo(ctx, old.place)
	}
	if natural, ok := p.s.natural(p.key); ok && !(p.s.folds && !isASCII(p.key)) {
		if err := p.moveTo(ctx, natural); !errors.Is(err, errBlocked) {
			return err
		}
	}
	return p.moveTo(ctx, p.s.escaped(p.key))
}

// errBlocked says that a key cannot be held at a place.
var errBlocked = errors.New("the place is taken by another key or not possible here")

// moveTo moves the data file to a place. When that fails, the directories made
// for it are gone again.
func (p *publication) moveTo(ctx context.Context, to place) error {
	for tries := 1; ; tries++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.s.drv.reach("mkdir"); err != nil {
			return err
		}
		made, err := p.tryMove(to)
		if err == nil || p.temp.name == "" {
			return err
		}
		p.forget() // it may have been removed, being empty
		if len(made) > 0 {
			p.s.prune(made[len(made)-1], path.Dir(made[0]))
		}
		switch {
		case tries == maxTries:
			return fmt.Errorf("directories on the way went %d times: %w", tries, err)
		case errors.Is(err, errRetry):
		case errors.Is(err, fs.ErrNotExist):
			// A directory was removed under us, as empty, unless it is our file
			// that is gone, or the bucket.
			if gone := p.temp.gone(); gone != nil {
				return gone
			}
			if !p.s.alive() {
				return err
			}
		case errors.Is(err, errNotDir) || unplaceableName(err):
			return fmt.Errorf("%w: %w", errBlocked, err)
		default:
			return err
		}
	}
}

var errRetry = errors.New("try again")

// tryMove moves the data file once, and gives the directories made for it.
func (p *publication) tryMove(to place) (made []string, err error) {
	parent, err := p.open(to)
	if errors.Is(err, fs.ErrNotExist) {
		parent, made, err = p.s.makeDirs(to.base, path.Dir(to.path))
	}
	if err != nil {
		return made, err
	}
	err = p.s.settle(parent)
	parent.release()
	if err != nil {
		return made, err
	}
	// All that took its time: the directory may have been moved meanwhile, by hand.
	if parent, err = p.s.openParent(to); err != nil {
		return made, err
	}
	defer parent.release()
	if err := p.exchange(parent, to.name()); err != nil {
		return made, err
	}
	return made, p.s.sync(parent)
}

// exchange is the commit: one rename.
func (p *publication) exchange(parent *dir, name string) error {
	if p.s.folds {
		// A file there is another key's, whose name folds to ours: had it our
		// name, it would be the old object.
		if at, err := parent.look(name); err == nil && !at.mode.IsDir() && !p.s.exact(parent, name) {
			return errNotDir
		}
	}
	if err := p.s.drv.reach("commit"); err != nil {
		return err
	}
	move := p.s.rename
	if p.absent {
		move = p.s.renameNew
	}
	err := move(p.s.tmp, p.temp.name, parent, name)
	if err == nil {
		p.temp.name = ""
		underWay.tell(p.s, p.key)
		return p.s.drv.reach("committed")
	}
	at, serr := parent.look(name)
	switch {
	case serr == nil && at.mode.IsDir(): // perhaps it holds no file
	case p.absent && errors.Is(err, fs.ErrExist) && serr == nil:
		return p.check(true, "") // somebody dropped it after the lock was taken
	case p.absent && errors.Is(err, fs.ErrExist) && errors.Is(serr, fs.ErrNotExist):
		return errRetry
	default:
		return err
	}
	if p.s.removeEmptyTree(parent, name) == nil {
		return errRetry
	}
	return err
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
