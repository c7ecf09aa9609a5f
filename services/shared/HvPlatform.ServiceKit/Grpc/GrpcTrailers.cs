using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HvPlatform.Contracts;
using Microsoft.AspNetCore.Http;

namespace HvPlatform.ServiceKit.Grpc;

/// <summary>How a call's end is told: <c>grpc-status</c>, <c>grpc-message</c>, and the error with its native code in <c>grpc-status-details-bin</c>.</summary>
internal static class GrpcTrailers
{
    const int MostTextBytes = 4096;

    public static void Write(HttpResponse response, GrpcStatus status, string? message, ErrorInfo? error)
    {
        response.AppendTrailer("grpc-status", ((int)status).ToString(CultureInfo.InvariantCulture));
        if (status == GrpcStatus.Ok)
        {
            return;
        }

        var text = Shorten(message ?? "");
        response.AppendTrailer("grpc-message", Encode(text));
        if (error is not null)
        {
            var details = new Rpc.Status { Code = (int)status, Message = text, Details = { Any.Pack(Detail(error)) } };
            response.AppendTrailer("grpc-status-details-bin", Convert.ToBase64String(details.ToByteArray()).TrimEnd('='));
        }
    }

    /// <summary>Percent-encoded UTF-8, as gRPC wants it: printable ASCII but for the percent sign stays.</summary>
    internal static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }

    static Rpc.ErrorInfo Detail(ErrorInfo error)
    {
        var detail = new Rpc.ErrorInfo { Reason = error.Code, Domain = "hvplatform", Metadata = { ["kind"] = error.Kind.ToString() } };
        Add("where", error.Where);
        Add("advice", error.Advice);
        Add("native_code", Deepest(error, e => e.NativeCode));
        Add("native_message", Deepest(error, e => e.NativeMessage));
        Add("field", error.Field);
        Add("cause", error.Cause is null ? null : string.Join(": ", Causes(error.Cause).Select(c => c.Message)));
        return detail;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                detail.Metadata[name] = Shorten(value);
            }
        }
    }

    static string? Deepest(ErrorInfo error, Func<ErrorInfo, string?> read) => Causes(error).Select(read).LastOrDefault(v => v is not null);

    static IEnumerable<ErrorInfo> Causes(ErrorInfo? error)
    {
        for (; error is not null; error = error.Cause)
        {
            yield return error;
        }
    }

    /// <summary>Headers have limits on both sides.</summary>
    static string Shorten(string text) => text.Length <= MostTextBytes / 4 ? text : text[..(MostTextBytes / 4)] + "…";
}
