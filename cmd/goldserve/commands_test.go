package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blocks are the fenced blocks of a document.
var blocks = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")

// commandsOf returns the lines of a block that run a program, as words, without prompts and comments.
func commandsOf(block string) (commands [][]string) {
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(strings.TrimPrefix(line, "$ "), " #")
		if words := strings.Fields(strings.NewReplacer("'", "", `"`, "").Replace(line)); len(words) > 0 {
			commands = append(commands, words)
		}
	}
	return commands
}

// TestQuickStartWorksInACleanClone: the first commands that a reader copies name only what is in the repository.
func TestQuickStartWorksInACleanClone(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	_, quick, _ := strings.Cut(string(readme), "## Quick start")
	commands := commandsOf(blocks.FindStringSubmatch(quick)[1])
	if len(commands) < 2 {
		t.Errorf("%d commands", len(commands))
	}
	for _, words := range commands {
		switch words[0] {
		case "go":
		case "make":
			if !strings.Contains(string(makefile), "\n"+words[1]+":") {
				t.Errorf("%v: there is no such target", words)
			}
		default:
			t.Errorf("%v: a clone has no such program", words)
		}
		for _, word := range words {
			if strings.Contains(word, "/") && word != "./cmd/goldserve" { // as ./gold is: a folder without a table
				t.Errorf("%v: a clone has no %s to work on", words, word)
			}
		}
	}
}

// TestCommandsOfDocsCanBeRun: each command of the program that a guide shows is one, with the flags that it has.
func TestCommandsOfDocsCanBeRun(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range append(files, "../../README.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks.FindAllStringSubmatch(string(text), -1) {
			for _, words := range commandsOf(strings.ReplaceAll(block[1], "\\\n", " ")) {
				if len(words) > 3 && words[0] == "go" && words[1] == "run" && words[2] == "./cmd/goldserve" {
					words = words[2:]
				}
				if words[0] != "goldserve" && words[0] != "./cmd/goldserve" {
					continue
				}
				seen++
				command, rest, err := (&app{}).root().Find(words[1:])
				if err == nil {
					err = command.ParseFlags(rest)
				}
				if err == nil {
					err = command.ValidateArgs(command.Flags().Args())
				}
				if err != nil {
					t.Errorf("%s: %v: %v", path, words, err)
				}
			}
		}
	}
	if seen < 40 {
		t.Errorf("%d commands: where are the others?", seen)
	}
}
