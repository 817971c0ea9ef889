package main

import (
	_ "embed"
	"errors"
	"html/template"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/s3mio/s3mio/store"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// addPages adds the page, and the signing of uploads, to mux. The bytes of the
// files never pass through these handlers.
func addPages(mux *http.ServeMux, objects store.Objects) {
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		type file struct {
			store.ObjectInfo
			URL string
		}
		var files []file
		for o, err := range objects.All(r.Context()) {
			if err != nil {
				fail(w, err)
				return
			}
			url, err := objects.PresignGet(r.Context(), o.Key, time.Hour)
			if err != nil {
				fail(w, err)
				return
			}
			files = append(files, file{o, url})
		}
		if err := page.Execute(w, files); err != nil {
			log.Print(err)
		}
	})

	// The page asks for a URL here, and puts the file there.
	mux.HandleFunc("POST /sign", func(w http.ResponseWriter, r *http.Request) {
		url, err := objects.PresignPut(r.Context(), r.FormValue("name"), time.Minute, store.ContentType(r.FormValue("type")))
		if err != nil {
			fail(w, err)
			return
		}
		if _, err := io.WriteString(w, url); err != nil {
			log.Print(err)
		}
	})
}

// fail answers what went wrong: the caller's mistake in full, other errors in
// the log only.
func fail(w http.ResponseWriter, err error) {
	if errors.Is(err, store.ErrValidation) {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	log.Print(err)
	http.Error(w, "something went wrong", http.StatusInternalServerError)
}
