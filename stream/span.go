package stream

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// Span is what a landed file covers: the messages of a partition from First to Last.
type Span struct {
	Topic       string
	Generation  int // how often the topic had begun anew when they were read: 1, 2, …
	Partition   int32
	First, Last int64
}

const (
	spanEnding = ".jsonl"
	// generationMark is in no name of a topic.
	generationMark = "@"
)

// Name is the landed file's name: events-0-00000000000000000000-00000000000000000999.jsonl.
func (s Span) Name() string {
	topic := s.Topic
	if s.Generation > 1 {
		topic += generationMark + strconv.Itoa(s.Generation)
	}
	return fmt.Sprintf("%s-%d-%020d-%020d%s", topic, s.Partition, s.First, s.Last, spanEnding)
}

// ParseSpan reads a landed file's name.
func ParseSpan(name string) (s Span, ok bool) {
	rest, ok := strings.CutSuffix(name, spanEnding)
	if !ok {
		return s, false
	}
	var numbers [3]int64
	for i := 2; i >= 0; i-- {
		at := strings.LastIndexByte(rest, '-')
		if at < 0 {
			return s, false
		}
		n, err := strconv.ParseUint(rest[at+1:], 10, 63)
		if err != nil {
			return s, false
		}
		numbers[i], rest = int64(n), rest[:at]
	}
	s = Span{Topic: rest, Generation: 1, Partition: int32(numbers[0]), First: numbers[1], Last: numbers[2]}
	if topic, generation, marked := strings.Cut(rest, generationMark); marked {
		n, err := strconv.Atoi(generation)
		if err != nil {
			return s, false
		}
		s.Topic, s.Generation = topic, n
	}
	return s, s.Topic != "" && s.First <= s.Last && s.Name() == name
}

// landedIn returns what the landed files of a folder cover, of a topic, in order; other files are not looked at.
func landedIn(folder, topic string) ([]Span, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		return nil, failed(err, "the landed files in %s can't be listed", folder)
	}
	var all []Span
	for _, e := range entries {
		if s, ok := ParseSpan(e.Name()); ok && s.Topic == topic {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, compareSpans)
	for i := 1; i < len(all); i++ {
		if a, b := all[i-1], all[i]; a.Generation == b.Generation && a.Partition == b.Partition && b.First <= a.Last {
			return nil, gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "%s and %s in %s cover the same messages: remove the one that the stream did not write", a.Name(), b.Name(), filepath.ToSlash(folder))
		}
	}
	return all, nil
}

func compareSpans(a, b Span) int {
	return cmp.Or(cmp.Compare(a.Generation, b.Generation), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.First, b.First))
}

// failed is the error of a file that can't be read or written.
func failed(err error, format string, args ...any) error {
	return gold.Errorf(gold.Unavailable, gold.CodeStreamFailed, format+": %w", append(args, err)...)
}
