package contract

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The tokens that our plugin has; the official one has more.
var ours = []string{
	"resources " + localCommand, "resources " + remoteCommand, "resources " + copyToRemote,
	"types command:local:Logging", "types command:remote:Logging",
	"types command:remote:Connection", "types command:remote:ProxyConnection",
}

// testdata/schema.txt has a line for each fact of the schema that the engine or a
// program can notice. WRITE_SCHEMA=1 writes it anew.
func TestSchemaHasTheSameFacts(t *testing.T) {
	response, err := plugin.GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
	mustWork(t, err)
	var schema map[string]any
	mustWork(t, json.Unmarshal([]byte(response.Schema), &schema))
	var lines []string
	for _, section := range []string{"resources", "types"} {
		for token, body := range schema[section].(map[string]any) {
			if name := section + " " + token; slices.Contains(ours, name) {
				lines = append(lines, facts(name, body)...)
			}
		}
	}
	slices.Sort(lines)
	text := strings.Join(lines, "\n") + "\n"
	const file = "testdata/schema.txt"
	if os.Getenv("WRITE_SCHEMA") != "" {
		mustWork(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	mustWork(t, err)
	wantedLines := strings.Split(strings.TrimSuffix(string(want), "\n"), "\n")
	for _, line := range lines {
		if !slices.Contains(wantedLines, line) {
			t.Errorf("too much: %s", line)
		}
	}
	for _, line := range wantedLines {
		if !slices.Contains(lines, line) {
			t.Errorf("missing: %s", line)
		}
	}
}

// facts flattens a part of the schema to lines "path: value", without prose.
func facts(path string, part any) []string {
	var lines []string
	switch part := part.(type) {
	case map[string]any:
		for key, member := range part {
			if text, isText := member.(string); isText && (key == "description" || key == "name" && text != "") {
				continue
			}
			lines = append(lines, facts(path+"/"+key, member)...)
		}
	case []any:
		for _, member := range part {
			lines = append(lines, facts(path+"[]", member)...)
		}
	default:
		lines = append(lines, fmt.Sprintf("%s: %v", path, part))
	}
	return lines
}
