package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// AssetsEnv names the environment variable that says where the binaries are, the same as
// controller-runtime's envtest reads.
const AssetsEnv = "KUBEBUILDER_ASSETS"

// ErrNotFound is the error of Find when no directory has all three binaries.
var ErrNotFound = errors.New("no control plane binaries")

// Binaries are the paths of the programs of a control plane, all from one directory.
type Binaries struct {
	Etcd          string
	KubeAPIServer string
	Kubectl       string
}

// Find looks for etcd, kube-apiserver and kubectl in $KUBEBUILDER_ASSETS, then in the given
// directories, and returns the first directory's that has all three. Without directories it looks
// in DefaultDirs. The error is ErrNotFound and says where it looked and what to do.
func Find(dirs ...string) (Binaries, error) {
	if len(dirs) == 0 {
		dirs = DefaultDirs()
	}
	if assets := os.Getenv(AssetsEnv); assets != "" {
		dirs = append([]string{assets}, dirs...)
	}
	for _, dir := range dirs {
		if found, ok := inDir(dir); ok {
			return found, nil
		}
	}
	return Binaries{}, fmt.Errorf("%w: etcd, kube-apiserver and kubectl are not together in any of [%s]; run `make controlplane` in Tribune's sources, or set %s to a directory that has them",
		ErrNotFound, strings.Join(dirs, ", "), AssetsEnv)
}

// DefaultDirs are bin/k8s beside the go.mod of the working directory, k8s beside this executable,
// and bin/k8s beside it.
func DefaultDirs() []string {
	var dirs []string
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if isFile(filepath.Join(dir, "go.mod")) {
				dirs = append(dirs, filepath.Join(dir, "bin", "k8s"))
				break
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if executable, err := os.Executable(); err == nil {
		if resolved, err := filepath.EvalSymlinks(executable); err == nil {
			executable = resolved
		}
		beside := filepath.Dir(executable)
		dirs = append(dirs, filepath.Join(beside, "k8s"), filepath.Join(beside, "bin", "k8s"))
	}
	return dirs
}

func inDir(dir string) (Binaries, bool) {
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, false
	}
	found := Binaries{
		Etcd:          filepath.Join(absolute, "etcd"+suffix),
		KubeAPIServer: filepath.Join(absolute, "kube-apiserver"+suffix),
		Kubectl:       filepath.Join(absolute, "kubectl"+suffix),
	}
	return found, isFile(found.Etcd) && isFile(found.KubeAPIServer) && isFile(found.Kubectl)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
