package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"goldserve/stream"
)

// streamSettings name the brokers of streams and the topic.
type streamSettings struct {
	Brokers                      []string
	Topic                        string
	KafkaTLS                     bool
	KafkaAuthorities, KafkaSASL  string
	KafkaUser, KafkaPasswordFile string
}

func (s *streamSettings) flags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.Brokers, "brokers", nil, "Kafka brokers, as HOST:PORT,… (default: KAFKA_BOOTSTRAP_SERVERS)")
	flags.StringVar(&s.Topic, "topic", "", "Kafka topic of a stream (default: KAFKA_TOPIC)")
	flags.BoolVar(&s.KafkaTLS, "kafka-tls", false, "speak TLS with the brokers")
	flags.StringVar(&s.KafkaAuthorities, "kafka-authorities", "", "PEM file of certificate authorities to trust for the brokers (default: the system's)")
	flags.StringVar(&s.KafkaSASL, "kafka-sasl", "", "login mechanism of the brokers: "+strings.Join(stream.Mechanisms, ", ")+" (default: no login)")
	flags.StringVar(&s.KafkaUser, "kafka-user", "", "user of the login")
	flags.StringVar(&s.KafkaPasswordFile, "kafka-password-file", "", "file with the password of the login")
}

// completeStream sets what depends on the environment, and returns the problems of values.
func (c *config) completeStream() (problems []string) {
	if text := os.Getenv("KAFKA_BOOTSTRAP_SERVERS"); len(c.Brokers) == 0 && text != "" {
		c.Brokers, c.origins["brokers"] = strings.Split(text, ","), "KAFKA_BOOTSTRAP_SERVERS"
	}
	if text := os.Getenv("KAFKA_TOPIC"); c.Topic == "" && text != "" {
		c.Topic, c.origins["topic"] = text, "KAFKA_TOPIC"
	}
	if c.KafkaSASL != "" && !slices.Contains(stream.Mechanisms, strings.ToLower(c.KafkaSASL)) {
		problems = append(problems, fmt.Sprintf("%s is %q: expected one of %s", c.origin("kafka-sasl"), c.KafkaSASL, strings.Join(stream.Mechanisms, ", ")))
	}
	return problems
}

// connection returns how the brokers are reached, and the topic.
func (a *app) connection() (conn stream.Connection, topic string, err error) {
	c := &a.config
	if len(c.Brokers) == 0 {
		return conn, "", usagef("no brokers are named: expected --brokers HOST:PORT, or KAFKA_BOOTSTRAP_SERVERS")
	}
	if c.Topic == "" {
		return conn, "", usagef("no topic is named: expected --topic NAME, or KAFKA_TOPIC")
	}
	conn = stream.Connection{
		TLS: c.KafkaTLS, CA: c.KafkaAuthorities, SASL: strings.ToLower(c.KafkaSASL), User: c.KafkaUser, Client: "goldserve", Logger: a.logger(),
	}
	for _, b := range c.Brokers {
		conn.Brokers = append(conn.Brokers, strings.TrimSpace(b))
	}
	switch {
	case c.KafkaSASL == "" && (c.KafkaUser != "" || c.KafkaPasswordFile != ""):
		return conn, "", usagef("a user and a password need the mechanism of the login: --kafka-sasl %s", strings.Join(stream.Mechanisms, ", "))
	case c.KafkaSASL == "":
		return conn, c.Topic, nil
	case c.KafkaUser == "" || c.KafkaPasswordFile == "":
		return conn, "", usagef("the login %s needs --kafka-user and --kafka-password-file", c.KafkaSASL)
	}
	password, err := os.ReadFile(c.KafkaPasswordFile)
	if err != nil {
		return conn, "", usagef("%s: %w", c.origin("kafka-password-file"), err)
	}
	conn.Password = strings.TrimRight(string(password), "\r\n")
	return conn, c.Topic, nil
}
