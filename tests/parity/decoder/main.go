// Command decoder opens and makes cookies with the original's own code, so that the judge of our cookies is the original.
//
// It reads one JSON request per line from standard input and writes one JSON answer per line to standard output.
// An answer has either "error" or the members that the operation documents.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// request holds the arguments of every operation; which ones count is said at the operation.
type request struct {
	Op     string `json:"op"`
	Cookie cookie `json:"cookie"`
	// Header is a Cookie request header.
	Header string `json:"header"`
	// State is the nonce part of a `state` parameter, as the callback hands it over.
	State   string   `json:"state"`
	Session *session `json:"session"`
	Login   *login   `json:"login"`
	// Plain is text to seal or sign as it is.
	Plain string `json:"plain"`
	// Hex is MessagePack to seal as it is.
	Hex string `json:"hex"`
	// At is the signature's time in Unix seconds.
	At int64 `json:"at"`
	// Host is the request's host, from which the Domain attribute follows.
	Host string `json:"host"`
}

func main() {
	quiet()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 0, 1<<16), 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		answer, err := serve(in.Bytes())
		if err != nil {
			answer = map[string]any{"error": err.Error()}
		}
		if err := out.Encode(answer); err != nil {
			fmt.Fprintln(os.Stderr, "decoder:", err)
			os.Exit(1)
		}
	}
}

func serve(line []byte) (map[string]any, error) {
	var asked request
	from := json.NewDecoder(bytes.NewReader(line))
	from.UseNumber() // as the original reads claims: a number keeps its own text
	if err := from.Decode(&asked); err != nil {
		return nil, err
	}
	operation, known := operations[asked.Op]
	if !known {
		return nil, fmt.Errorf("no operation %q", asked.Op)
	}
	return operation(&asked)
}

var operations = map[string]func(*request) (map[string]any, error){
	"open":       openSession,
	"mint":       mintSession,
	"open-csrf":  openLogin,
	"mint-csrf":  mintLogin,
	"seal":       seal,
	"sign":       sign,
	"check-sign": checkSignature,
	"yaml":       readYAML,
}
