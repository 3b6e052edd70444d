package auth

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
)

// fileBytes bounds a file with a credential; the longest, a chain of certificates
// with a key, has about 20 KB.
const fileBytes = 1 << 20

// fileProblem is an error about a file with a credential. It may pass: files are
// put in place by others, and are looked at again for the next attempt.
func fileProblem(key, path, what, advice string) *Error {
	return &Error{Message: key + " " + path + " " + what, advice: advice}
}

// readFile returns what a file holds, and an *Error when it cannot.
func readFile(key, path string) ([]byte, error) {
	text, err := readRegular(path)
	switch {
	case err == nil && len(bytes.TrimSpace(text)) == 0:
		return nil, fileProblem(key, path, "is empty", "see why whatever writes it has not")
	case err == nil:
		return text, nil
	}
	e := fileProblem(key, path, "cannot be read: "+reason(err), "name a file that the user of Fluent Bit may read")
	if errors.Is(err, fs.ErrNotExist) {
		e.advice = "check the path, and that the file is mounted where Fluent Bit runs"
	}
	e.err = err
	return nil, e
}

var (
	errIrregular = errors.New("it is not a regular file")
	errLong      = errors.New("it is longer than 1 MB")
)

// readRegular takes no pipe, whose reading could wait for ever.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errIrregular
	}
	f, err := os.Open(path) //nolint:gosec // the file that the setting names
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, fileBytes+1))
	if err == nil && len(text) > fileBytes {
		return nil, errLong
	}
	return text, err
}

// reason is the error without the path, which the message names already.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}
