package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/oauth2-proxy/oauth2-proxy/v7/pkg/cookies"
	"github.com/oauth2-proxy/oauth2-proxy/v7/pkg/encryption"
	"github.com/vmihailenco/msgpack/v5"
)

// login is the record of a login on its way; the original keeps its own type to itself.
type login struct {
	State    string `json:"s"` // hex
	Nonce    string `json:"n"` // hex
	Verifier string `json:"cv"`
}

// openLogin reads the CSRF cookie for a state nonce out of a Cookie header: {"name", "state", "nonce" (both hashed), "verifier"}.
func openLogin(asked *request) (map[string]any, error) {
	all := asked.Cookie.options()
	name := cookies.GenerateCookieName(all, asked.State)
	found, err := cookies.LoadCSRFCookie(requestWith(asked.Header, asked.Host), name, all)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"name":     name,
		"state":    found.HashOAuthState(),
		"nonce":    found.HashOIDCNonce(),
		"verifier": found.GetCodeVerifier(),
	}, nil
}

// mintLogin makes a CSRF cookie of any age: {"name", "value", "state" (hashed)}.
func mintLogin(asked *request) (map[string]any, error) {
	if asked.Login == nil {
		return nil, errors.New("mint-csrf needs a login")
	}
	state, err := hex.DecodeString(asked.Login.State)
	if err != nil {
		return nil, err
	}
	nonce, err := hex.DecodeString(asked.Login.Nonce)
	if err != nil {
		return nil, err
	}
	packed, err := msgpack.Marshal(&struct {
		State    []byte `msgpack:"s,omitempty"`
		Nonce    []byte `msgpack:"n,omitempty"`
		Verifier string `msgpack:"cv,omitempty"`
	}{state, nonce, asked.Login.Verifier})
	if err != nil {
		return nil, err
	}
	cipher, err := encryption.NewCFBCipher(encryption.SecretBytes(asked.Cookie.Secret))
	if err != nil {
		return nil, err
	}
	sealed, err := cipher.Encrypt(packed)
	if err != nil {
		return nil, err
	}
	hashed := encryption.HashNonce(state)
	name := cookies.GenerateCookieName(asked.Cookie.options(), hashed)
	value, err := encryption.SignedValue(asked.Cookie.Secret, name, sealed, time.Unix(asked.At, 0))
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return map[string]any{"name": name, "value": value, "state": hashed}, nil
}
