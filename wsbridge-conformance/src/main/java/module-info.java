/** The conformance kit, a program. */
module io.github.wsbridge.conformance {
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires com.grack.nanojson;
    requires info.picocli;

    opens io.github.wsbridge.conformance to
            info.picocli;
}
