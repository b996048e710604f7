//go:build tools

// Package tools pins the Pulumi command line for machines that reach Go modules and nothing else.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
