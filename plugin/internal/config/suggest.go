package config

import "strings"

// suggest lists the values to use for one that is unknown, the one that was
// likely meant first.
func suggest[T ~string](unknown string, values []T) string {
	names := make([]string, len(values))
	nearest, least := -1, len(unknown)/2 // more than half of it wrong is no slip
	for i, v := range values {
		names[i] = string(v)
		if d := distance(strings.ToLower(unknown), strings.ToLower(names[i])); d <= least && d <= 3 {
			nearest, least = i, d
		}
	}
	list := names[0]
	if len(names) > 1 {
		list = strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	}
	if nearest >= 0 && len(names) > 1 {
		list += " (did you mean " + names[nearest] + "?)"
	}
	return list
}

// distance is the number of letters to insert, delete or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// codeList names values in a help text.
func codeList[T ~string](values []T) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = "`" + string(v) + "`"
	}
	return strings.Join(names, ", ")
}
