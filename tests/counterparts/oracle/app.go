// An application on Go's own HTTP server that tells what it understood.
//
//	oracle-go PORT     until standard input ends; prints "ready PORT"
//
// GET /__drain, asked directly, tells of every request since the last time.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"sync"
)

type understood struct {
	Method     string              `json:"method"`
	Target     string              `json:"target"`
	Path       string              `json:"path"`
	Headers    map[string][]string `json:"headers"`
	BodyLength int64               `json:"body_length"`
}

var (
	lock sync.Mutex
	seen = []understood{}
)

func handle(w http.ResponseWriter, r *http.Request) {
	length, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	lock.Lock()
	defer lock.Unlock()
	if r.RequestURI == "/__drain" {
		json.NewEncoder(w).Encode(seen)
		seen = []understood{}
		return
	}
	what := understood{r.Method, r.RequestURI, path.Clean(r.URL.Path), r.Header, length}
	seen = append(seen, what)
	json.NewEncoder(w).Encode(what)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("ready", os.Args[1])
	go http.Serve(listener, http.HandlerFunc(handle))
	io.Copy(io.Discard, os.Stdin)
}
