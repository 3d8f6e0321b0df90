package delta

import (
	"context"
	"encoding/json"
	"path"
	"strconv"
	"time"

	"goldserve/gold"
)

// asOf returns the newest version that was committed at a time or before it. Where the table keeps the times of its commits in
// them, those count; of earlier versions, the time at which the commit's file was written.
func (l *Log) asOf(ctx context.Context, at time.Time) (int64, error) {
	if len(l.commits) == 0 {
		return 0, invalid(l.folder, gold.CodeSourceUnreadable, "the log of the Delta table holds no commit, whose time could be compared with %s: name a version by its number", at.Format(time.RFC3339))
	}
	from, err := l.inCommit(ctx)
	if err != nil {
		return 0, err
	}
	found, last := int64(-1), time.Time{}
	for _, c := range l.commits {
		made := c.info.Written()
		if from >= 0 && c.version >= from {
			if made, err = l.commitTime(ctx, c); err != nil {
				return 0, err
			}
		}
		if made.IsZero() {
			return 0, invalid(c.info.Name, gold.CodeSourceUnreadable, "the lake does not tell when it was written, so no version of the Delta table can be named by a time: name one by its number")
		}
		// Times of files may run backwards where clocks differ; versions do not.
		if !last.IsZero() && !made.After(last) {
			made = last.Add(time.Millisecond)
		}
		if last = made; made.After(at) {
			break
		}
		found = c.version
	}
	if found < 0 {
		return 0, invalid(l.folder, gold.CodeSourceUnreadable, "the Delta table has no version as of %s: its log begins with version %d, of %s",
			at.UTC().Format(time.RFC3339), l.commits[0].version, last.UTC().Format(time.RFC3339))
	}
	return found, nil
}

// inCommit returns the version from which on commits tell their own time, -1 where they do not.
func (l *Log) inCommit(ctx context.Context) (int64, error) {
	s, err := l.read(ctx, l.newest())
	if err != nil {
		return 0, err
	}
	if s.configuration["delta.enableInCommitTimestamps"] != "true" {
		return -1, nil
	}
	from, known := s.configuration["delta.inCommitTimestampEnablementVersion"]
	if !known {
		return 0, nil // from the beginning
	}
	v, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return 0, invalid(path.Join(l.folder, LogFolder), gold.CodeFileInvalid, "the property delta.inCommitTimestampEnablementVersion of the Delta table is %q: expected a version", shorten(from))
	}
	return v, nil
}

// commitTime returns the time that a commit says it was made at.
func (l *Log) commitTime(ctx context.Context, c commit) (made time.Time, err error) {
	err = l.lines(ctx, c.info, func(n int, line []byte) error {
		var a struct {
			CommitInfo *struct {
				Time int64 `json:"inCommitTimestamp"`
			} `json:"commitInfo"`
		}
		if err := json.Unmarshal(line, &a); err != nil {
			return notJSON(c.info.Name, n, err)
		}
		if a.CommitInfo != nil && a.CommitInfo.Time > 0 {
			made = time.UnixMilli(a.CommitInfo.Time)
		}
		return errEnough // it is the first action, by the protocol
	})
	if err == nil && made.IsZero() {
		err = invalid(c.info.Name, gold.CodeFileInvalid, "its first action is not the commitInfo with inCommitTimestamp that the Delta table's properties ask for: name a version by its number")
	}
	return made, err
}
