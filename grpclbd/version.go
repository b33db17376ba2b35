package main

import "runtime/debug"

// version is what the Go tool knows of the build.
func version() string {
	info, known := debug.ReadBuildInfo()
	if !known || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}
