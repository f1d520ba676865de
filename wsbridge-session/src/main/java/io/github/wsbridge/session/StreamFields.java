package io.github.wsbridge.session;

import io.github.wsbridge.Rejection;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The header fields of streams. */
final class StreamFields {

    /** The device's code, if it is not an HTTP status for failures. */
    static final AsciiString CODE = AsciiString.cached("wsbridge-code");

    private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
    private static final AsciiString OK = AsciiString.cached("200");
    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString PLAIN_TEXT = AsciiString.cached("text/plain; charset=utf-8");

    /** Stands for empty request data, since an authority is not empty. */
    private static final String NOTHING = "-";

    /** What stands for itself in an authority (RFC 3986, section 3.2). */
    private static final String PLAIN = "-._~!$&'()*+,;=:[]";

    private static final Http2Headers ACCEPTED = ReadOnlyHttp2Headers.serverHeaders(false, OK);

    private StreamFields() {}

    /** Returns the fields of a request for a stream. */
    static Http2Headers request(String requestData) {
        return new DefaultHttp2Headers(false, 2).method(CONNECT).authority(authority(requestData));
    }

    /** Returns the fields of a device's yes, which nobody changes. */
    static Http2Headers accepted() {
        return ACCEPTED;
    }

    /** Returns the fields of a device's no; its words are the body. */
    static Http2Headers rejected(int code) {
        boolean status = code >= 400 && code <= 599;
        Http2Headers fields = new DefaultHttp2Headers(false, 3)
                .status(AsciiString.of(Integer.toString(status ? code : Rejection.DEFAULT_CODE)))
                .set(CONTENT_TYPE, PLAIN_TEXT);
        return status ? fields : fields.setInt(CODE, code);
    }

    /** Returns the device's code from the fields of its no. */
    static int code(Http2Headers fields, int status) {
        Integer code = fields.getInt(CODE);
        return code != null && Rejection.isCode(code) ? code : status;
    }

    /** Returns the status of an answer; 0 if there is none. */
    static int status(Http2Headers fields) {
        CharSequence status = fields.status();
        if (status == null || status.length() != 3) {
            return 0;
        }
        int number = 0;
        for (int i = 0; i < 3; i++) {
            int digit = status.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return 0;
            }
            number = 10 * number + digit;
        }
        return number;
    }

    /** Returns whether a request is one for a stream (RFC 9113, section 8.5). */
    static boolean isConnect(Http2Headers fields) {
        return CONNECT.contentEquals(fields.method()) && fields.path() == null && fields.scheme() == null;
    }

    static String authority(String requestData) {
        if (requestData.isEmpty()) {
            return NOTHING;
        }
        if (requestData.equals(NOTHING)) {
            return "%2D";
        }
        StringBuilder authority = new StringBuilder(requestData.length());
        for (byte b : requestData.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0)) {
                authority.append(c);
            } else {
                authority.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return authority.toString();
    }

    /** Returns the request data of an authority; null if it is missing or malformed. */
    static @Nullable String requestData(@Nullable CharSequence field) {
        if (field == null || field.length() == 0) {
            return null;
        }
        String authority = field.toString();
        if (authority.equals(NOTHING)) {
            return "";
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(authority.length());
        for (int i = 0; i < authority.length(); i++) {
            char c = authority.charAt(i);
            if (c != '%') {
                bytes.write(c);
            } else if (i + 2 < authority.length()
                    && HexFormat.isHexDigit(authority.charAt(i + 1))
                    && HexFormat.isHexDigit(authority.charAt(i + 2))) {
                bytes.write(HexFormat.fromHexDigits(authority, i + 1, i + 3));
                i += 2;
            } else {
                return null;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
