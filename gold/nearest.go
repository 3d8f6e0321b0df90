package gold

import "strings"

// Nearest returns the candidate closest to word by Levenshtein distance over lower-cased runes, or "" if none is within
// a third of the word's length (at least 1). From three letters on, a candidate that starts or ends with word counts as
// close. A part of a candidate between underscores counts as a word, at one more step. Ties go to the first candidate.
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", len([]rune(word))/3+1
	if len(word) >= 3 {
		bestDistance++
	}
	lower := strings.ToLower(word)
	for _, c := range candidates {
		lc := strings.ToLower(c)
		d := levenshtein([]rune(lower), []rune(lc))
		if len(lower) >= 3 && d > 1 && (strings.HasPrefix(lc, lower) || strings.HasSuffix(lc, lower)) {
			d = 1
		}
		for part := range strings.SplitSeq(lc, "_") {
			if len(part) > 3 && len(part) < len(lc) {
				d = min(d, 1+levenshtein([]rune(lower), []rune(part)))
			}
		}
		if d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

func levenshtein(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
