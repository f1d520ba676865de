package io.github.wsbridge.wire.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files in PEM format. What is outside the blocks, and blocks of other kinds than the wanted one, are skipped. */
public final class Pem {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*([^-]*+(?:-(?!----)[^-]*+)*+)-----END \\1-----");

    /**
     * One block of a file.
     *
     * @param label what it contains, such as {@code CERTIFICATE}
     * @param headers the lines before the data, which only OpenSSL's old form of encrypted keys has
     */
    record Block(String label, String headers, byte[] data) {}

    private Pem() {}

    /**
     * Reads the certificates in a file, in their order. Blocks.
     *
     * @throws IOException if the file cannot be read or contains no certificate; the message names it
     */
    public static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory parser = CertificateFactory.getInstance("X.509");
            for (Block block : blocks(file)) {
                if (block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE")) {
                    found.add((X509Certificate) parser.generateCertificate(new ByteArrayInputStream(block.data())));
                }
            }
        } catch (CertificateException e) {
            throw new IOException(file + " contains a certificate that cannot be read: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw new IOException(file + " contains no PEM certificate");
        }
        return List.copyOf(found);
    }

    /**
     * Reads the lists of revoked certificates in a file. Blocks.
     *
     * @throws IOException if the file cannot be read or contains no such list; the message names it
     */
    public static List<X509CRL> revocations(Path file) throws IOException {
        List<X509CRL> found = new ArrayList<>();
        try {
            CertificateFactory parser = CertificateFactory.getInstance("X.509");
            for (Block block : blocks(file)) {
                if (block.label().equals("X509 CRL")) {
                    found.add((X509CRL) parser.generateCRL(new ByteArrayInputStream(block.data())));
                }
            }
        } catch (CertificateException | CRLException e) {
            throw new IOException(file + " contains a revocation list that cannot be read: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw new IOException(file + " contains no PEM revocation list (X509 CRL)");
        }
        return List.copyOf(found);
    }

    static List<Block> blocks(Path file) throws IOException {
        byte[] content = KeyText.bytes(file); // once, since it may be a pipe
        if (content.length > 2 && content[0] == 0x30 && content[1] < 0) { // a long SEQUENCE
            throw new IOException(file + " is in DER format; convert it to PEM, for example with"
                    + " 'openssl x509 -inform der' or 'openssl pkey -inform der'");
        }
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(KeyText.text(file, content));
        while (matcher.find()) {
            blocks.add(block(file, matcher.group(1), matcher.group(2)));
        }
        return blocks;
    }

    private static Block block(Path file, String label, String body) throws IOException {
        int data =
                body.indexOf(':') < 0 ? 0 : body.length() - afterHeaders(body).length();
        try {
            byte[] content = Base64.getMimeDecoder().decode(body.substring(data));
            return new Block(label, body.substring(0, data), content);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: its " + label + " is not in base64", e);
        }
    }

    private static String afterHeaders(String body) {
        String[] parts = body.split("\\R\\R", 2); // an empty line ends the headers
        return parts.length == 2 ? parts[1] : "";
    }
}
