package config

import "strings"

// suggest lists the values to use for one that is unknown, the one that was
// likely meant first.
func suggest[T ~string](unknown string, values []T) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	list := names[0]
	if len(names) > 1 {
		list = strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	}
	if nearest := Nearest(unknown, names); nearest != "" && len(names) > 1 {
		list += " (did you mean " + nearest + "?)"
	}
	return list
}

// Nearest returns the name that was likely meant by an unknown one, "" when none
// is near.
func Nearest(unknown string, names []string) string {
	nearest, least := "", min(len(unknown)/2, 3) // more than half of it wrong is no slip
	for _, name := range names {
		if d := distance(strings.ToLower(unknown), strings.ToLower(name)); d < least || d == least && nearest == "" {
			nearest, least = name, d
		}
	}
	return nearest
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
