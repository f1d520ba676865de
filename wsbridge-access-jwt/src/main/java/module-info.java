/** Access by JSON Web Tokens. */
module io.github.wsbridge.access.jwt {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires org.slf4j;
    requires com.nimbusds.jose.jwt;
    requires java.net.http;

    exports io.github.wsbridge.access.jwt;
}
