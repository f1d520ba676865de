/** The bridge node, independent of any transport. */
module io.github.wsbridge.core {
    requires transitive io.github.wsbridge;
    requires static org.jspecify;
    requires org.slf4j;
    requires com.google.crypto.tink;
    requires com.grack.nanojson;

    exports io.github.wsbridge.core;
}
