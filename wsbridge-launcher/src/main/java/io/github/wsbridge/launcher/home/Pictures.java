package io.github.wsbridge.launcher.home;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Small pictures, each different, drawn by formulas. */
final class Pictures {

    private static final int SIZE = 96;
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final double GOLDEN_ANGLE = 137.508;

    private Pictures() {}

    /** Returns a flower in SVG. */
    static String svg(int number) {
        double hue = number * GOLDEN_ANGLE % 360;
        int petals = 5 + number % 7;
        StringBuilder picture = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 96 96\" width=\"96\" height=\"96\">"
                        + "<rect width=\"96\" height=\"96\" fill=\"hsl(%.0f 45%% 22%%)\"/>",
                hue));
        for (int i = 0; i < petals; i++) {
            picture.append(String.format(
                    Locale.ROOT,
                    "<ellipse cx=\"48\" cy=\"%d\" rx=\"%d\" ry=\"%d\" fill=\"hsl(%.0f 70%% 62%%)\" fill-opacity=\".75\""
                            + " transform=\"rotate(%.1f 48 48)\"/>",
                    26 - number % 5,
                    7 + number % 4,
                    18 + number % 6,
                    (hue + 160 + i * 8) % 360,
                    i * 360.0 / petals));
        }
        return picture + "<circle cx=\"48\" cy=\"48\" r=\"9\" fill=\"hsl(48 90% 66%)\"/></svg>\n";
    }

    /** Returns interfering waves in PNG (true colour, one IDAT chunk). */
    static byte[] png(int number) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(file);
        out.write(SIGNATURE);
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream fields = new DataOutputStream(header);
        fields.writeInt(SIZE);
        fields.writeInt(SIZE);
        fields.write(new byte[] {8, 2, 0, 0, 0}); // bits, RGB, and no choice in the rest
        chunk(out, "IHDR", header.toByteArray());
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream pixels = new DeflaterOutputStream(packed)) {
            for (int y = 0; y < SIZE; y++) {
                pixels.write(0); // no filter
                for (int x = 0; x < SIZE; x++) {
                    pixels.write(pixel(number, x, y));
                }
            }
        }
        chunk(out, "IDAT", packed.toByteArray());
        chunk(out, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static byte[] pixel(int number, int x, int y) {
        double near = Math.hypot(x - 20 - number, y - 24);
        double far = Math.hypot(x - 72, y - 80 + number);
        double wave = Math.sin(near / (3 + number % 4)) + Math.sin(far / (4 + number % 3));
        return new byte[] {shade(wave + number * 0.7), shade(wave + 2 + number * 0.4), shade(wave + 4 - number * 0.3)};
    }

    private static byte shade(double phase) {
        return (byte) (128 + 90 * Math.sin(phase));
    }

    private static void chunk(DataOutputStream out, String type, byte[] data) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 check = new CRC32();
        check.update(name);
        check.update(data);
        out.writeInt(data.length);
        out.write(name);
        out.write(data);
        out.writeInt((int) check.getValue());
    }
}
