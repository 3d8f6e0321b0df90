package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commandInExample is a command of the program in a crontab, a unit of systemd, or a list of Python.
var commandInExample = regexp.MustCompile(`goldserve run --[^>\n]*|"goldserve", "run"[^\]]*`)

// TestExamplesOfSchedulesInDocs: the page shows the files as they are, what they run are commands with the flags that these have, and
// the exit codes that they retry are those of the table.
func TestExamplesOfSchedulesInDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/orchestration.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../docs/examples/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	commands := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if !strings.Contains(string(page), "```\n"+string(text)+"```\n") && !strings.Contains(string(page), "```python\n"+string(text)+"```\n") {
			t.Errorf("docs/orchestration.md does not show %s as it is", name)
		}
		if !strings.Contains(string(page), "["+name+"](examples/"+name+")") {
			t.Errorf("docs/orchestration.md does not link %s", name)
		}
		for _, line := range commandInExample.FindAllString(string(text), -1) {
			words := strings.Fields(strings.NewReplacer(`"`, "", ",", "", ", lake", " LAKE").Replace(line))
			command, rest, err := (&app{}).root().Find(words[1:])
			if err == nil {
				err = command.ParseFlags(rest)
			}
			if err == nil {
				err = command.ValidateArgs(command.Flags().Args())
			}
			if err != nil || command.Name() != "run" {
				t.Errorf("%s: %s: %v", name, line, err)
			}
			commands++
		}
	}
	if commands != 4 {
		t.Errorf("%d commands in the examples, expected those of cron, systemd, Prefect and Airflow", commands)
	}

	var codes []int
	for _, row := range regexp.MustCompile(`(?m)^\| (\d) \| [^|]* \| (no|yes)\b`).FindAllStringSubmatch(string(page), -1) {
		var code int
		_, _ = fmt.Sscan(row[1], &code)
		codes = append(codes, code)
		if retried := row[2] == "yes"; retried != (code == exitUnavailable) {
			t.Errorf("the table retries %d: %v", code, retried)
		}
	}
	if want := []int{exitDone, exitUsage, exitRefused, exitUnavailable, exitFailed}; !slices.Equal(codes, want) {
		t.Errorf("the table has the exit codes %v, expected %v", codes, want)
	}
	for text, want := range map[string]int{
		fmt.Sprintf("UNAVAILABLE = %d ", exitUnavailable):                                      2,
		fmt.Sprintf("RestartPreventExitStatus=%d %d %d\n", exitUsage, exitRefused, exitFailed): 1,
		fmt.Sprintf("case $code in %d|%d) ;; *) echo", exitDone, exitUnavailable):              1,
		"process.returncode == UNAVAILABLE:":                                                   1,
		"ended.code == UNAVAILABLE":                                                            1,
	} {
		if got := strings.Count(string(page), text); got != want {
			t.Errorf("the examples have %q %d times, expected %d", text, got, want)
		}
	}
}
