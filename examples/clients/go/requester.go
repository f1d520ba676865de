// A requester: connects standard input and output to a device, like nc.
//
// Usage: requester URL DEVICE [REQUEST_DATA]
//
// Debian's golang-go and golang-github-gorilla-websocket-dev build it:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build requester.go
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/gorilla/websocket"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: requester URL DEVICE [REQUEST_DATA]")
		os.Exit(2)
	}
	data := ""
	if len(os.Args) > 3 {
		data = os.Args[3]
	}
	if err := request(os.Args[1], os.Args[2], data); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func request(base, device, data string) error {
	query := "deviceId=" + escape(device) + "&requestData=" + escape(data)
	dialer := websocket.Dialer{Subprotocols: []string{"wsbridge.v1"}}
	socket, _, err := dialer.Dial(base+"/bridge/connect?"+query, nil)
	if err != nil {
		return err
	}
	defer socket.Close()
	var first struct{ Type string }
	_, message, err := socket.ReadMessage()
	if err != nil {
		return err
	}
	if json.Unmarshal(message, &first) != nil || first.Type != "established" {
		return errors.New("not the message of a node")
	}
	uploaded := make(chan error, 1)
	go func() { uploaded <- upload(socket) }()
	if err := download(socket); err != nil {
		return err
	}
	if err := <-uploaded; err != nil {
		return err
	}
	closing := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	if err := socket.WriteMessage(websocket.CloseMessage, closing); err != nil {
		return err
	}
	_, _, err = socket.ReadMessage()
	if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		return nil
	}
	return err
}

func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

func upload(socket *websocket.Conn) error {
	piece := make([]byte, 16*1024)
	for {
		count, err := os.Stdin.Read(piece)
		if count > 0 {
			if err := socket.WriteMessage(websocket.BinaryMessage, piece[:count]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return socket.WriteMessage(websocket.BinaryMessage, nil) // half-close
		}
		if err != nil {
			return err
		}
	}
}

func download(socket *websocket.Conn) error {
	for {
		kind, message, err := socket.ReadMessage()
		if err != nil {
			return err
		}
		if kind == websocket.BinaryMessage && len(message) == 0 {
			return nil // the device's half-close
		}
		if _, err := os.Stdout.Write(message); err != nil {
			return err
		}
	}
}
