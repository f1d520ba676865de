package io.github.wsbridge.website;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The end of a terminal line at the device. If the device speaks Telnet (RFC 854), which its first byte shows, it is
 * told the terminal's type and size (RFC 1091, RFC 1073), and the protocol is taken off the data; bytes of any other
 * line pass as they are. Belongs to one event loop.
 */
final class TelnetLine extends ChannelDuplexHandler {

    private static final int IAC = 255;
    private static final int DONT = 254;
    private static final int DO = 253;
    private static final int WONT = 252;
    private static final int WILL = 251;
    private static final int SB = 250;
    private static final int SE = 240;

    private static final int BINARY = 0;
    private static final int ECHO = 1;
    private static final int GO_AHEAD = 3; // that it is suppressed
    private static final int TYPE = 24;
    private static final int SIZE = 31;
    private static final Set<Integer> OURS = Set.of(BINARY, GO_AHEAD, TYPE, SIZE);
    private static final Set<Integer> THEIRS = Set.of(BINARY, ECHO, GO_AHEAD);

    private static final int SEND = 1;
    private static final byte[] TERMINAL = "xterm-256color".getBytes(StandardCharsets.US_ASCII);
    private static final int MOST_OF_SUBNEGOTIATION = 16;

    private enum State {
        UNKNOWN,
        PLAIN,
        DATA,
        COMMAND,
        OPTION,
        SUBNEGOTIATION,
        SUBNEGOTIATION_COMMAND
    }

    private final Runnable sized;
    private final Set<Integer> ours = new HashSet<>();
    private final Set<Integer> theirs = new HashSet<>();
    private final ByteBuf subnegotiation = Unpooled.buffer(MOST_OF_SUBNEGOTIATION, MOST_OF_SUBNEGOTIATION);
    private State state = State.UNKNOWN;
    private int command;
    private boolean afterReturn;
    private int columns = 80;
    private int rows = 24;
    private @Nullable ChannelHandlerContext context;

    /** @param sized called when the device wants to know the terminal's size */
    TelnetLine(Runnable sized) {
        this.sized = sized;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    /** Tells the device the terminal's size, if it wants to know. */
    void resize(int newColumns, int newRows) {
        columns = newColumns;
        rows = newRows;
        if (context != null && ours.contains(SIZE)) {
            tellSize(context);
            context.flush();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes) || !bytes.isReadable()) {
            ctx.fireChannelRead(message);
            return;
        }
        if (state == State.UNKNOWN) {
            state = bytes.getUnsignedByte(bytes.readerIndex()) == IAC ? State.DATA : State.PLAIN;
        }
        if (state == State.PLAIN) {
            ctx.fireChannelRead(message);
            return;
        }
        ByteBuf data = ctx.alloc().buffer(bytes.readableBytes());
        while (bytes.isReadable()) {
            take(ctx, bytes.readUnsignedByte(), data);
        }
        bytes.release();
        ctx.flush();
        if (data.isReadable()) {
            ctx.fireChannelRead(data);
        } else {
            data.release();
        }
    }

    private void take(ChannelHandlerContext ctx, int next, ByteBuf data) {
        switch (state) {
            case COMMAND -> onCommand(next, data);
            case OPTION -> {
                state = State.DATA;
                negotiate(ctx, next);
            }
            case SUBNEGOTIATION -> {
                if (next == IAC) {
                    state = State.SUBNEGOTIATION_COMMAND;
                } else if (subnegotiation.isWritable()) {
                    subnegotiation.writeByte(next);
                }
            }
            case SUBNEGOTIATION_COMMAND -> {
                state = next == SE ? State.DATA : State.SUBNEGOTIATION;
                if (next == SE) {
                    onSubnegotiation(ctx);
                }
            }
            default -> onData(next, data);
        }
    }

    private void onData(int next, ByteBuf data) {
        boolean filler = afterReturn && next == 0 && !theirs.contains(BINARY);
        afterReturn = next == '\r';
        if (next == IAC) {
            state = State.COMMAND;
        } else if (!filler) {
            data.writeByte(next);
        }
    }

    private void onCommand(int next, ByteBuf data) {
        state = State.DATA;
        if (next == IAC) {
            data.writeByte(next);
        } else if (next == SB) {
            subnegotiation.clear();
            state = State.SUBNEGOTIATION;
        } else if (next >= WILL) {
            command = next;
            state = State.OPTION;
        }
    }

    private void negotiate(ChannelHandlerContext ctx, int option) {
        switch (command) {
            case DO -> {
                if (!OURS.contains(option)) {
                    answer(ctx, WONT, option);
                } else if (ours.add(option)) {
                    answer(ctx, WILL, option);
                    if (option == SIZE) {
                        tellSize(ctx);
                        sized.run();
                    }
                }
            }
            case DONT -> {
                if (ours.remove(option)) {
                    answer(ctx, WONT, option);
                }
            }
            case WILL -> {
                if (!THEIRS.contains(option)) {
                    answer(ctx, DONT, option);
                } else if (theirs.add(option)) {
                    answer(ctx, DO, option);
                }
            }
            default -> {
                if (theirs.remove(option)) {
                    answer(ctx, DONT, option);
                }
            }
        }
    }

    private void onSubnegotiation(ChannelHandlerContext ctx) {
        if (subnegotiation.readableBytes() == 2
                && subnegotiation.readByte() == TYPE
                && subnegotiation.readByte() == SEND) {
            ByteBuf type = ctx.alloc().buffer();
            type.writeByte(IAC).writeByte(SB).writeByte(TYPE).writeByte(0).writeBytes(TERMINAL);
            write(ctx, type.writeByte(IAC).writeByte(SE));
        }
    }

    private static void answer(ChannelHandlerContext ctx, int verb, int option) {
        write(ctx, ctx.alloc().buffer().writeByte(IAC).writeByte(verb).writeByte(option));
    }

    private void tellSize(ChannelHandlerContext ctx) {
        ByteBuf size = ctx.alloc().buffer().writeByte(IAC).writeByte(SB).writeByte(SIZE);
        for (int next : new int[] {columns >> 8, columns & 0xff, rows >> 8, rows & 0xff}) {
            size.writeByte(next);
            if (next == IAC) {
                size.writeByte(next);
            }
        }
        write(ctx, size.writeByte(IAC).writeByte(SE));
    }

    /** A device that asks and does not take the answers must not fill the memory. */
    private static void write(ChannelHandlerContext ctx, ByteBuf answer) {
        if (ctx.channel().isWritable()) {
            ctx.write(answer);
        } else {
            answer.release();
            ctx.close();
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise written) {
        if (state == State.UNKNOWN || state == State.PLAIN || !(message instanceof ByteBuf typed)) {
            ctx.write(message, written);
            return;
        }
        ByteBuf data = ctx.alloc().buffer(typed.readableBytes() + 8);
        while (typed.isReadable()) {
            int next = typed.readUnsignedByte();
            data.writeByte(next);
            if (next == IAC) {
                data.writeByte(next);
            } else if (next == '\r' && !ours.contains(BINARY)) {
                data.writeByte(0);
            }
        }
        typed.release();
        ctx.write(data, written);
    }
}
