package fluentconf

import (
	"io/fs"
	"path"
	"strings"
)

// classic is one file in the classic syntax.
type classic struct {
	r       *reader
	place   Place // of the present line
	indent  string
	section *Section // nil before the first header
	group   bool     // in a group within the section, whose lines are read over
}

func (r *reader) readClassic(file string) error { return r.includeClassic(file, Place{}) }

func (r *reader) includeClassic(file string, from Place) error {
	text, err := r.open(file, from)
	if err != nil {
		return err
	}
	f := &classic{r: r, place: Place{File: file}}
	for line := range strings.SplitSeq(string(text), "\n") {
		f.place.Line++
		if err := f.line(strings.TrimSuffix(line, "\r")); err != nil {
			return err
		}
	}
	return nil
}

func (f *classic) fail(message string) error { return &Error{Place: f.place, Message: message} }

func (f *classic) line(line string) error {
	switch {
	case line == "" || line[0] == '#':
		return nil
	case len(line) > len(includeWord) && strings.EqualFold(line[:len(includeWord)], includeWord):
		return f.include(line[len(includeWord):])
	case line[0] == '@' && len(line) > 3:
		return f.command(line)
	case line[0] == '[':
		return f.header(line)
	}
	return f.indented(line)
}

const includeWord = "@INCLUDE "

// include reads another file. Its sections are its own, and this one's goes on
// after it.
func (f *classic) include(name string) error {
	section, place := -1, f.place
	if f.section != nil {
		section = len(f.r.sections) - 1
	}
	files := []string{f.locate(name)}
	if strings.Contains(name, "*") {
		var err error
		if files, err = f.r.glob(f.r.root, name, place); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := f.r.includeClassic(file, place); err != nil {
			return err
		}
	}
	if section >= 0 { // the slice may have moved
		f.section = &f.r.sections[section]
	}
	return nil
}

// locate looks in the working directory, then beside the first file.
func (f *classic) locate(name string) string {
	if path.IsAbs(name) {
		return name
	}
	if _, err := statFS(f.r.FS, f.r.absolute(name)); err == nil {
		return name
	}
	return path.Join(f.r.root, name)
}

// command is a line such as @SET; others than this one do nothing.
func (f *classic) command(line string) error {
	word, rest, found := strings.Cut(line, " ")
	if !found {
		return f.fail("a command without a value")
	}
	name, value, assigned := strings.Cut(strings.TrimSpace(rest), "=")
	if !strings.EqualFold(word, "@SET") || !assigned {
		return nil
	}
	return f.r.set(name, value, f.place)
}

func (f *classic) header(line string) error {
	end := strings.IndexByte(line, ']')
	if end < 0 {
		return f.fail("the header of a section lacks its ]")
	}
	f.section, f.group = nil, false
	if end > 1 {
		f.section = f.r.add(line[1:end], f.place)
	}
	return nil
}

// indented is a line of a section: all lines of a file have the indentation of
// the first, those of a group twice as much.
func (f *classic) indented(line string) error {
	if f.indent == "" {
		f.indent = line[:max(blanks(line), 1)]
		if strings.Trim(f.indent, " \t") != "" {
			return f.fail("a line of a section is not indented")
		}
	}
	content, isIndented := strings.CutPrefix(line, f.indent)
	if !isIndented {
		return f.fail("this line is indented less than the first one of the file, or with tabs in place of spaces")
	}
	switch extra := blanks(content); extra {
	case 0:
		f.group = false
	case len(f.indent):
		content = content[extra:]
	default:
		return f.fail("this line is indented more than the first one of the file")
	}
	if content == "" || content[0] == '#' {
		return nil
	}
	return f.property(content)
}

func blanks(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

func (f *classic) property(content string) error {
	key, value, found := strings.Cut(content, " ")
	switch {
	case !found && strings.Contains(content, "\t"):
		return f.fail("key and value are parted by a tab, which does not count; use spaces")
	case content[0] == '[':
		return f.beginGroup(content)
	case !found:
		return f.fail("a key without a value")
	case strings.TrimSpace(value) == "":
		return f.fail("the key " + key + " has an empty value")
	case f.section == nil:
		return f.fail("the key " + key + " stands before the first section")
	case f.group:
		return nil
	}
	f.section.Properties = append(f.section.Properties,
		Property{Key: strings.ToLower(strings.TrimSpace(key)), Values: []string{strings.TrimSpace(value)}, Place: f.place})
	return nil
}

func (f *classic) beginGroup(content string) error {
	if f.section == nil || !strings.Contains(content, "]") {
		return f.fail("the header of a group lacks its ], or stands outside of a section")
	}
	f.group = true
	return nil
}

func statFS(files fs.FS, full string) (fs.FileInfo, error) { return fs.Stat(files, inFS(full)) }
