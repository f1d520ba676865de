/** A connector on OkHttp, for Android and for programs that use OkHttp. */
module io.github.wsbridge.okhttp {
    requires transitive io.github.wsbridge;
    requires transitive okhttp3;
    requires io.github.wsbridge.wire;
    requires kotlin.stdlib;
    requires okio;
    requires static org.jspecify;
    requires org.slf4j;

    exports io.github.wsbridge.okhttp;
}
