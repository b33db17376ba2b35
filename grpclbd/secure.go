package main

import (
	"github.com/spf13/pflag"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A secureFlags is how the command line says that another side has TLS.
type secureFlags struct {
	tls   bool
	files config.StoreTLS
}

// add adds the flags. whose says who the other side is.
func (f *secureFlags) add(flags *pflag.FlagSet, whose string) {
	flags.BoolVar(&f.tls, "tls", false, whose+" has TLS; --ca, --cert and --key imply it")
	flags.StringVar(&f.files.CA, "ca", "", "PEM file with the authorities that may have signed its certificate (default: the system's)")
	flags.StringVar(&f.files.Cert, "cert", "", "PEM file with the client certificate")
	flags.StringVar(&f.files.Key, "key", "", "PEM file with the key of --cert")
}

// used reports whether TLS is meant.
func (f *secureFlags) used() bool { return f.tls || f.files != (config.StoreTLS{}) }
