/** Invitations over Apache Kafka, for nodes and devices. */
module io.github.wsbridge.signal.kafka {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires kafka.clients;
    requires org.slf4j;

    exports io.github.wsbridge.signal.kafka;
}
