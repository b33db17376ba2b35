package diary

import (
	"google.golang.org/grpc/channelz"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver"
)

var logger = grpclog.Component("grpclb")

// A Log writes the lines of one channel. It is made once for each policy and each resolver, and does
// not change. The zero Log names no channel.
type Log struct{ who string }

// For returns the log of the channel that dialled target. Each line begins with channel and target,
//
//	[Channel #7] dns:///shop.example.com:443: contact with the balancer is lost: …
//
// where gRPC's own lines about the channel begin with "[Channel #7]" too. channel is nil for a
// resolver: gRPC does not tell it which channel it is for.
func For(target resolver.Target, channel channelz.Identifier) Log {
	who := target.URL.Redacted() + ": "
	if channel != nil {
		who = "[" + channel.String() + "] " + who
	}
	return Log{who}
}

// Write writes a remark at once. It is for what happens once to a channel.
func (l Log) Write(r Remark) { l.write(r.info, r.text.String()) }

func (l Log) write(info bool, text string) {
	if info {
		logger.InfoDepth(1, l.who+text)
	} else {
		logger.WarningDepth(1, l.who+text)
	}
}
