using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using Google.Protobuf;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>Messages on the wire: a byte that says whether it is compressed, four bytes of length, the message.</summary>
internal static class GrpcFrames
{
    const int HeaderBytes = 5;

    /// <summary>Reads the one message of a request that has no more than one.</summary>
    /// <exception cref="GrpcException">The bytes are no such request.</exception>
    public static async Task<T> ReadOneAsync<T>(PipeReader reader, MessageParser<T> parser, int mostBytes, CancellationToken cancellationToken) where T : IMessage<T>
    {
        var length = -1;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (length < 0 && buffer.Length >= HeaderBytes)
            {
                length = Length(buffer, mostBytes);
            }

            if (length >= 0 && buffer.Length > HeaderBytes + (long)length)
            {
                throw new GrpcException(GrpcStatus.Internal, "More came than one message; this method takes one.");
            }

            if (read.IsCompleted)
            {
                if (length < 0 || buffer.Length < HeaderBytes + (long)length)
                {
                    throw new GrpcException(GrpcStatus.Internal, buffer.Length == 0 ? "No message came." : "The message ended before its length was reached.");
                }

                return Parse(parser, buffer.Slice(HeaderBytes, length));
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Writes a message and sends it.</summary>
    public static async Task WriteAsync(PipeWriter writer, IMessage message, CancellationToken cancellationToken)
    {
        var header = writer.GetSpan(HeaderBytes);
        header[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(header[1..], (uint)message.CalculateSize());
        writer.Advance(HeaderBytes);
        message.WriteTo(writer);
        var flushed = await writer.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("The caller reads no more.");
        }
    }

    static int Length(ReadOnlySequence<byte> buffer, int mostBytes)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        buffer.Slice(0, HeaderBytes).CopyTo(header);
        if (header[0] == 1)
        {
            throw new GrpcException(GrpcStatus.Unimplemented, "The message is compressed; this server takes identity only.");
        }

        if (header[0] != 0)
        {
            throw new GrpcException(GrpcStatus.Internal, "The message does not begin with a gRPC frame.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        return length <= mostBytes
            ? (int)length
            : throw new GrpcException(GrpcStatus.ResourceExhausted, string.Create(CultureInfo.InvariantCulture, $"The message has {length} bytes; this server takes {mostBytes}."));
    }

    static T Parse<T>(MessageParser<T> parser, ReadOnlySequence<byte> bytes) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatus.Internal, $"The message is no {typeof(T).Name}: {e.Message}", e);
        }
    }
}
