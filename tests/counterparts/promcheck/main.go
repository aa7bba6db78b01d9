// Reads metrics with Prometheus' own parser and looks at them with its own linter, as `promtool check metrics` does:
// prints every series as `KIND NAME{LABEL="VALUE",…} VALUE`, sorted, and fails with what it finds fault with.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		fail(err)
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		fail(err)
	}
	for _, problem := range problems {
		fmt.Fprintf(os.Stderr, "%s: %s\n", problem.Metric, problem.Text)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	var lines []string
	for name, family := range families {
		kind := strings.ToLower(family.GetType().String())
		for _, metric := range family.GetMetric() {
			lines = append(lines, fmt.Sprintf("%s %s{%s} %s", kind, name, labels(metric), value(metric)))
		}
	}
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
}

func labels(metric *dto.Metric) string {
	var pairs []string
	for _, pair := range metric.GetLabel() {
		pairs = append(pairs, fmt.Sprintf("%s=%q", pair.GetName(), pair.GetValue()))
	}
	return strings.Join(pairs, ",")
}

func value(metric *dto.Metric) string {
	switch {
	case metric.Histogram != nil:
		var bounds []string
		for _, bucket := range metric.Histogram.GetBucket() {
			bounds = append(bounds, fmt.Sprint(bucket.GetUpperBound()))
		}
		return fmt.Sprintf("count=%d bounds=%s", metric.Histogram.GetSampleCount(), strings.Join(bounds, ","))
	case metric.Counter != nil:
		return fmt.Sprint(metric.Counter.GetValue())
	case metric.Gauge != nil:
		return fmt.Sprint(metric.Gauge.GetValue())
	default:
		return fmt.Sprint(metric.GetUntyped().GetValue())
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
