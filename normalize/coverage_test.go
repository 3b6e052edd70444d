package normalize

import (
	flags "flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// namedTypes is how many record types Microsoft names.
func namedTypes() int {
	n := 0
	for _, name := range recordTypes {
		if name != "" {
			n++
		}
	}
	return n
}

// coverage counts what one class, or one category, is made of.
type coverage struct {
	types      map[int]bool
	operations int // told by their names, or by the beginnings of these
	rest       bool
}

// coverages are the coverages of a format by class.
type coverages map[string]*coverage

// add notes that operations of record types have a class.
func (c coverages) add(class string, types []int, operations int) {
	of := c[class]
	if of == nil {
		of = &coverage{types: map[int]bool{}}
		c[class] = of
	}
	for _, t := range types {
		of.types[t] = true
	}
	of.operations += operations
	of.rest = of.rest || operations == 0
}

// rows are the rows of a table.
func (c coverages) rows() string {
	var b strings.Builder
	for _, class := range slices.Sorted(maps.Keys(c)) {
		of := c[class]
		operations := strconv.Itoa(of.operations)
		if of.rest {
			operations = strings.TrimPrefix(operations+", and all others", "0, and ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", class, numbers(of.types), operations)
	}
	return b.String()
}

// numbers lists record types, or counts them where they are many.
func numbers(types map[int]bool) string {
	const many = 20
	if len(types) > many {
		return strconv.Itoa(len(types)) + " of them"
	}
	var all []string
	for _, t := range slices.Sorted(maps.Keys(types)) {
		all = append(all, strconv.Itoa(t))
	}
	return strings.Join(all, ", ")
}

func coverageOCSF() coverages {
	c := coverages{}
	class := func(a ocsfActivity) string {
		info := ocsfClasses[a.class]
		return fmt.Sprintf("%04d %s", info.uid, info.name)
	}
	for _, f := range ocsfFamilies {
		for _, a := range f.operations {
			c.add(class(a), f.types, 1)
		}
		for _, b := range f.beginnings {
			c.add(class(b.is), f.types, 1)
		}
		c.add(class(f.rest), f.types, 0)
	}
	return c
}

// coverageECS counts what has two categories in both.
func coverageECS() coverages {
	c := coverages{}
	add := func(of ecsClass, types []int, operations int) {
		for i, name := range ecsCategoryNames {
			if of.categories&(1<<i) != 0 {
				c.add(name, types, operations)
			}
		}
	}
	for _, o := range ecsOwn {
		for _, a := range o.family.operations {
			add(a, o.recordTypes, 1)
		}
		add(ecsClass{categories: o.family.categories}, o.recordTypes, 0)
	}
	return c
}

// totals are the record types with rules of their own, and the operations.
type totals struct{ types, operations int }

func ocsfTotals() (t totals) {
	for _, f := range ocsfFamilies {
		t.types += len(f.types)
		t.operations += len(f.operations) + len(f.beginnings)
	}
	return t
}

func ecsTotals() (t totals) {
	for _, o := range ecsOwn {
		t.types += len(o.recordTypes)
		t.operations += len(o.family.operations)
	}
	return t
}

// coverageMarkdown is what the documentation says of both schemas.
func coverageMarkdown() string {
	var b strings.Builder
	o, e := ocsfTotals(), ecsTotals()
	fmt.Fprintf(&b, "| | `ecs` | `ocsf` |\n| --- | --- | --- |\n")
	fmt.Fprintf(&b, "| record types with rules of their own, of %d that Microsoft names | %d | %d |\n", namedTypes(), e.types, o.types)
	fmt.Fprintf(&b, "| operations with a mapping of their own, by name or by how it begins | %d | %d |\n", e.operations, o.operations)
	fmt.Fprintf(&b, "| all other operations | by their verb | by their verb |\n")
	fmt.Fprintf(&b, "\n| class of `ocsf` | record types | operations |\n| --- | --- | --- |\n%s", coverageOCSF().rows())
	fmt.Fprintf(&b, "\n| `event.category` of `ecs` | record types | operations |\n| --- | --- | --- |\n%s", coverageECS().rows())
	return b.String()
}

func TestREADMEPrintsTheCoverage(t *testing.T) {
	t.Parallel()
	const file = "../README.md"
	const begin, end = "<!-- coverage: begin (printed by `make settings`) -->\n", "<!-- coverage: end -->\n"
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(content), begin)
	require.True(t, found, "README.md lacks the line %q", begin)
	printed, after, found := strings.Cut(rest, end)
	require.True(t, found, "README.md lacks the line %q", end)
	text := coverageMarkdown()
	if flags.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+text+end+after), 0o644))
		return
	}
	assert.Equal(t, text, printed, "run `make settings`")
}
