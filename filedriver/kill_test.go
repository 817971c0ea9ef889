package filedriver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"
)

// killsEnv says how many writers TestKilledAtRandom kills in a round, 1,000 by default:
//
//	S3MIO_KILLS=10000 go test -run TestKilledAtRandom -v -timeout 1h ./filedriver
const killsEnv = "S3MIO_KILLS"

// killDirs is how many directories are written to, some of them at a time.
const killDirs = 8

// killRounds bounds the rounds, of which there is one where enough of its kills come in
// the middle of an action, and after its commit: how rare these moments are depends on
// the machine.
const killRounds = 10

// syncedEvery is how many writers of a directory there are to one that syncs.
const syncedEvery = 25

// killCounts is what TestKilledAtRandom counts.
type killCounts struct {
	kills, synced                         int
	ended                                 int // actions that came to their end
	midway                                int // kills that left something in tmp/, in the middle of an action
	dataTraces, attrsTraces, intentTraces int // what they left
	cutOff, old, new                      int // actions cut off that would have changed something, and what was there
	checks, objects                       int
	torn, unreadable, neither, leftovers  int
}

func (n *killCounts) add(m *killCounts) {
	n.kills += m.kills
	n.synced += m.synced
	n.ended += m.ended
	n.midway += m.midway
	n.dataTraces += m.dataTraces
	n.attrsTraces += m.attrsTraces
	n.intentTraces += m.intentTraces
	n.cutOff += m.cutOff
	n.old += m.old
	n.new += m.new
	n.checks += m.checks
	n.objects += m.objects
	n.torn += m.torn
	n.unreadable += m.unreadable
	n.neither += m.neither
	n.leftovers += m.leftovers
}

// telling reports whether enough of the kills came in the middle of an action, before
// its commit and after it.
func (n *killCounts) telling(kills int) bool {
	return n.midway >= kills/4 && n.old >= kills/40 && n.new >= kills/40
}

// TestKilledAtRandom kills writer processes at random moments. What they told
// before says what must be there: every action that ended, and every one that
// was cut off either wholly or not at all. Some directories are checked only
// after the next kill, so that sweeps are killed, too.
//
// One writer in syncedEvery syncs; the others leave out every fsync, which does not
// matter to what a killed process leaves, and takes most of the time. What a sync
// is for, a crash of the system, is the matter of TestOrderOfSystemCalls. For 10,000
// kills, 400 of them of synced writers, see killsEnv.
func TestKilledAtRandom(t *testing.T) {
	if config := os.Getenv(writerEnv); config != "" {
		t.Fatal(runWriter(config))
	}
	kills := 1000
	if s := os.Getenv(killsEnv); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil || kills < killDirs {
			t.Fatalf("%s=%s is not a number of kills", killsEnv, s)
		}
	}
	killers := make([]*killer, killDirs)
	for i := range killers {
		killers[i] = &killer{dir: t.TempDir(), model: killModel{}}
	}
	var total killCounts
	rounds := 0
	for ; rounds == 0 || rounds < killRounds && !t.Failed() && !total.telling(kills); rounds++ {
		t.Run("dirs", func(t *testing.T) {
			for i, k := range killers {
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					t.Parallel()
					for n := rounds*kills + i; n < (rounds+1)*kills; n += killDirs {
						k.kill(t, int64(n+1)*1_000_000, n/killDirs%syncedEvery == syncedEvery-1)
						if t.Failed() {
							return
						}
					}
					k.check(t)
				})
			}
		})
		total = killCounts{}
		for _, k := range killers {
			total.add(&k.counts)
		}
	}
	n := &total
	t.Logf("%d kills (%d of synced writers) after %d actions; %d in the middle of one, leaving %d data, %d attributes and %d intent files; "+
		"%d cut off a change, of which %d were undone and %d done; %d checks of %d objects: %d torn, %d unreadable, %d neither old nor new, %d leftovers",
		n.kills, n.synced, n.ended, n.midway, n.dataTraces, n.attrsTraces, n.intentTraces,
		n.cutOff, n.old, n.new, n.checks, n.objects, n.torn, n.unreadable, n.neither, n.leftovers)
	if n.torn+n.unreadable+n.neither+n.leftovers != 0 {
		t.Error("writers that were killed did harm")
	}
	if n.kills != rounds*kills {
		t.Errorf("killed %d writers, want %d", n.kills, rounds*kills)
	}
	if !n.telling(kills) {
		t.Error("too few kills came in the middle of an action")
	}
}

// killer kills the writers of one directory.
type killer struct {
	dir    string
	model  killModel
	names  map[string]bool // in tmp/
	cut    []cutOff        // by the last kill
	counts killCounts
}

// cutOff is a change that may be done or not.
type cutOff struct {
	key           string
	before, after []killState
}

// kill runs a writer, kills it a moment after it ended some actions, and often
// checks the directory.
func (k *killer) kill(t *testing.T, first int64, synced bool) {
	config, err := json.Marshal(writerConfig{Dir: k.dir, First: first, Synced: synced})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledAtRandom$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", writerEnv, config))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	actions, moment := rand.IntN(16), 400*time.Microsecond
	if synced {
		actions, moment = rand.IntN(4), 10*time.Millisecond
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	var said bytes.Buffer // what is not of the journal
	running := [killWorkers]*action{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var e journalEntry
		switch err := json.Unmarshal(lines.Bytes(), &e); {
		case err != nil:
			said.Write(append(lines.Bytes(), '\n'))
			continue
		case e.Begun != nil:
			running[e.Worker] = e.Begun
		case e.Ended != "":
			k.counts.ended++
			actions--
			if err := k.model.ended(running[e.Worker], e.Ended); err != nil {
				k.counts.neither++
				t.Error(err)
			}
			running[e.Worker] = nil
		}
		if actions <= 0 && timer == nil {
			timer = time.AfterFunc(time.Duration(rand.Int64N(int64(moment))), func() {
				// It fails only if the writer ended by itself, which is found out below.
				_ = cmd.Process.Kill()
			})
		}
	}
	err = cmd.Wait()
	if timer == nil || timer.Stop() || said.Len() > 0 || cmd.ProcessState.Success() {
		t.Fatalf("the writer ended by itself: %v\n%s%s", err, &said, &stderr)
	}
	k.counts.kills++
	if synced {
		k.counts.synced++
	}
	k.names = traces(t, k.dir, k.names, &k.counts)
	k.cut = nil
	for _, a := range running {
		if a == nil {
			continue
		}
		if before, after := k.model.cutOff(a); after != nil {
			k.counts.cutOff++
			k.cut = append(k.cut, cutOff{a.Key, before, after})
		}
	}
	if rand.IntN(2) == 0 {
		k.check(t)
	}
}

func (k *killer) check(t *testing.T) {
	t.Helper()
	k.counts.checks++
	checkKilled(t, k.dir, k.model, &k.counts)
	k.names = nil
	for _, c := range k.cut {
		if is := k.model.states(c.key)[0]; slices.Contains(c.after, is) {
			k.counts.new++
		} else {
			k.counts.old++
		}
	}
	k.cut = nil
}
