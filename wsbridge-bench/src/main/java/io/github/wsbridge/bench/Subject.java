package io.github.wsbridge.bench;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A subject of measurement: a path to the far ends.
 *
 * @param name the name in the results
 * @param servers the processes whose CPU time counts
 * @param url returns the URL for a purpose, such as {@code sink}
 */
record Subject(String name, List<Child> servers, UnaryOperator<String> url) {

    static final String OURS = "wsbridge";
    static final String DIRECT = "generator-direct";
    static final String HAPROXY_TCP = "haproxy-tcp";
    static final String HAPROXY_TCP_BIG = "haproxy-tcp-64k-buffers";
    static final String HAPROXY_SECOND = "haproxy-tcp-second-of-two";
    static final String HAPROXY_WS = "haproxy-ws";
    static final String HAPROXY_WS_BIG = "haproxy-ws-64k-buffers";
    static final String NGINX_WS = "nginx-ws";
    static final String NGINX_WS_BIG = "nginx-ws-64k-buffers";

    String urlFor(String what) {
        return url.apply(what);
    }
}
