package main

import "go.yaml.in/yaml/v3"

// readYAML reads the YAML in "plain"; the answer's "value" is what it says.
func readYAML(asked *request) (map[string]any, error) {
	var value any
	if err := yaml.Unmarshal([]byte(asked.Plain), &value); err != nil {
		return nil, err
	}
	return map[string]any{"value": value}, nil
}
