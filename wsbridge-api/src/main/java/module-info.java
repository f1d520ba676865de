/** Values and service interfaces of the WebSocket Bridge. */
module io.github.wsbridge {
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports io.github.wsbridge;
    exports io.github.wsbridge.spi;
}
