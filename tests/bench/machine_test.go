package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"office365/tests/program"
)

// describeMachine prints, in the form of benchstat's configuration lines, where
// the figures come from; go test itself names the processor.
func describeMachine(w io.Writer) error {
	memory, err := totalMemory()
	if err != nil {
		return err
	}
	version := "none"
	if p, ok := program.FluentBit(); ok {
		if version, err = versionOf(p); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "cores: %d\nmemory: %.1f GB\ngo: %s\nfluent-bit: %s\ndate: %s\n",
		runtime.NumCPU(), memory, runtime.Version(), version, time.Now().UTC().Format(time.DateOnly))
	return err
}

// totalMemory is that of the machine in GB.
func totalMemory() (float64, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	var kib float64
	if _, err := fmt.Sscanf(string(text), "MemTotal: %f kB", &kib); err != nil {
		return 0, fmt.Errorf("read /proc/meminfo: %w", err)
	}
	return kib / (1 << 20), nil
}

// versionOf asks Fluent Bit for its version, "Fluent Bit v5.1.1" in the first line.
func versionOf(p program.Program) (string, error) {
	text, err := exec.CommandContext(context.Background(), p.Path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", p.Path, err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	_, version, found := strings.Cut(line, "v")
	if !found {
		return "", errors.New(p.Path + " --version says " + line)
	}
	return version, nil
}
