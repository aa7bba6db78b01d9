// Answers what Go's own template packages make of a set of templates: the witness of crates/gotmpl/tests.
//
// One JSON request per line comes in, one JSON answer per line goes out.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	html "html/template"
	"io"
	"log"
	"os"
	"reflect"
	"strings"
	text "text/template"
)

type request struct {
	// "html" or "text".
	Mode string `json:"mode"`
	// Name and text of each file, in the order of parsing.
	Sources [][2]string `json:"sources"`
	// The template to run.
	Name string          `json:"name"`
	Data json.RawMessage `json:"data"`
}

type answer struct {
	// Where it failed: "" (it did not), "start" (parsing or escaping) or "run".
	Failed string `json:"failed"`
	Error  string `json:"error"`
	Output string `json:"output"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(asked.answer()); err != nil {
			log.Fatal(err)
		}
	}
}

func (r *request) answer() answer {
	data, err := value(r.Data)
	if err != nil {
		log.Fatal(err)
	}
	functions := map[string]any{"ToUpper": strings.ToUpper, "ToLower": strings.ToLower}
	run := r.runHTML
	if r.Mode == "text" {
		run = r.runText
	}
	output, stage, err := run(functions, data)
	if err != nil {
		return answer{Failed: stage, Error: err.Error()}
	}
	return answer{Output: output}
}

func (r *request) runHTML(functions map[string]any, data any) (string, string, error) {
	set := html.New("").Funcs(functions)
	for _, source := range r.Sources {
		if _, err := set.New(source[0]).Parse(source[1]); err != nil {
			return "", "start", err
		}
	}
	var output strings.Builder
	err := set.ExecuteTemplate(&output, r.Name, data)
	var escaping *html.Error
	if errors.As(err, &escaping) {
		return "", "start", err
	}
	return output.String(), "run", err
}

func (r *request) runText(functions map[string]any, data any) (string, string, error) {
	set := text.New("").Funcs(functions)
	for _, source := range r.Sources {
		if _, err := set.New(source[0]).Parse(source[1]); err != nil {
			return "", "start", err
		}
	}
	var output strings.Builder
	err := set.ExecuteTemplate(&output, r.Name, data)
	return output.String(), "run", err
}

// Turns the tagged JSON of a value into what a Go program would hand to a template: a record becomes a struct.
func value(raw json.RawMessage) (any, error) {
	var tagged map[string]json.RawMessage
	if err := json.Unmarshal(raw, &tagged); err != nil || tagged == nil {
		return nil, err
	}
	for tag, body := range tagged {
		switch tag {
		case "text":
			return decode[string](body)
		case "html":
			body, err := decode[string](body)
			return html.HTML(body.(string)), err
		case "int":
			return decode[int](body)
		case "float":
			return decode[float64](body)
		case "bool":
			return decode[bool](body)
		case "list":
			return list(body)
		case "record":
			return record(body)
		}
	}
	return nil, fmt.Errorf("no such value: %s", raw)
}

func decode[T any](body json.RawMessage) (any, error) {
	var value T
	err := json.Unmarshal(body, &value)
	return value, err
}

func list(body json.RawMessage) (any, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	list := make([]any, len(raw))
	for i := range raw {
		item, err := value(raw[i])
		if err != nil {
			return nil, err
		}
		list[i] = item
	}
	return list, nil
}

func record(body json.RawMessage) (any, error) {
	var raw []struct {
		Name  string          `json:"name"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, err
	}
	fields := make([]reflect.StructField, len(raw))
	values := make([]any, len(raw))
	for i, field := range raw {
		item, err := value(field.Value)
		if err != nil {
			return nil, err
		}
		kind := reflect.TypeOf(item)
		if item == nil {
			kind = reflect.TypeFor[any]()
		}
		fields[i] = reflect.StructField{Name: field.Name, Type: kind}
		values[i] = item
	}
	filled := reflect.New(reflect.StructOf(fields)).Elem()
	for i, item := range values {
		if item != nil {
			filled.Field(i).Set(reflect.ValueOf(item))
		}
	}
	return filled.Interface(), nil
}
