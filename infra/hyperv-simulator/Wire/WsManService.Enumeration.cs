using HvPlatform.Hypervisors.HyperV.Cim;

namespace HvPlatform.HyperVSimulator.Wire;

/// <summary>Enumerate, Pull and Release.</summary>
internal sealed partial class WsManService
{
    private byte[] Enumerate(WsManRequest request)
    {
        var body = request.Body.Child(WsManNames.Enumeration, "Enumerate") ?? throw WsManFault.InvalidBody("There is no Enumerate.");
        var mode = ModeOf(body.Child(WsManNames.WsMan, "EnumerationMode"));
        var optimised = body.Child(WsManNames.WsMan, "OptimizeEnumeration") is not null;
        var maxItems = ReadCount(body.Child(WsManNames.WsMan, "MaxElements"), 1);
        var enumeration = Open(request, body.Child(WsManNames.WsMan, "Filter") ?? body.Child(WsManNames.Enumeration, "Filter"), mode);
        if (!optimised)
        {
            using var envelope = StartEnumerateResponse(request, enumeration.Id);
            contexts.Keep(enumeration);
            return envelope.Finish();
        }

        // The context comes before the items and is empty if they are all: that is tried first where their number allows it.
        return (maxItems >= enumeration.Items.Count ? Optimised(request, enumeration, maxItems, all: true) : null) ?? Optimised(request, enumeration, maxItems, all: false)!;
    }

    /// <summary>The response with items in it, or null if it was to hold all and they do not fit.</summary>
    private byte[]? Optimised(WsManRequest request, OpenEnumeration enumeration, int maxItems, bool all)
    {
        enumeration.Next = 0;
        using var envelope = StartEnumerateResponse(request, all ? string.Empty : enumeration.Id);
        WriteItems(request, envelope, enumeration, "w", WsManNames.WsMan, maxItems);
        if (all && !enumeration.IsDone)
        {
            return null;
        }

        if (enumeration.IsDone)
        {
            envelope.Writer.WriteElementString("w", "EndOfSequence", WsManNames.WsMan, string.Empty);
        }
        else
        {
            contexts.Keep(enumeration);
        }

        return envelope.Finish();
    }

    private static WsManEnvelope StartEnumerateResponse(WsManRequest request, string context)
    {
        var envelope = WsManEnvelope.Start(WsManNames.Enumerate + "Response", request.MessageId, WsManEnvelope.Prefixes.Enumeration);
        envelope.Writer.WriteStartElement("n", "EnumerateResponse", WsManNames.Enumeration);
        envelope.Writer.WriteElementString("n", "EnumerationContext", WsManNames.Enumeration, context);
        return envelope;
    }

    private byte[] Pull(WsManRequest request)
    {
        var body = request.Body.Child(WsManNames.Enumeration, "Pull") ?? throw WsManFault.InvalidBody("There is no Pull.");
        var id = body.Child(WsManNames.Enumeration, "EnumerationContext")?.Text ?? throw WsManFault.InvalidContext();
        var maxItems = ReadCount(body.Child(WsManNames.Enumeration, "MaxElements"), 1);
        var enumeration = contexts.Take(id);
        var lastPull = enumeration.Items.Count - enumeration.Next <= maxItems;

        // As above: whether there is a context is known after the items, and it comes before them.
        return (lastPull ? PullResponse(request, enumeration, maxItems, last: true) : null) ?? PullResponse(request, enumeration, maxItems, last: false)!;
    }

    private byte[]? PullResponse(WsManRequest request, OpenEnumeration enumeration, int maxItems, bool last)
    {
        var from = enumeration.Next;
        using var envelope = WsManEnvelope.Start(WsManNames.Pull + "Response", request.MessageId, WsManEnvelope.Prefixes.Enumeration);
        var writer = envelope.Writer;
        writer.WriteStartElement("n", "PullResponse", WsManNames.Enumeration);
        if (!last)
        {
            writer.WriteElementString("n", "EnumerationContext", WsManNames.Enumeration, enumeration.Id);
        }

        WriteItems(request, envelope, enumeration, "n", WsManNames.Enumeration, maxItems);
        if (last && !enumeration.IsDone)
        {
            enumeration.Next = from;
            return null;
        }

        if (last)
        {
            writer.WriteElementString("n", "EndOfSequence", WsManNames.Enumeration, string.Empty);
        }
        else
        {
            contexts.Keep(enumeration);
        }

        return envelope.Finish();
    }

    private byte[] Release(WsManRequest request)
    {
        var body = request.Body.Child(WsManNames.Enumeration, "Release") ?? throw WsManFault.InvalidBody("There is no Release.");
        contexts.Take(body.Child(WsManNames.Enumeration, "EnumerationContext")?.Text ?? throw WsManFault.InvalidContext());
        using var envelope = WsManEnvelope.Start(WsManNames.Release + "Response", request.MessageId, WsManEnvelope.Prefixes.Enumeration);
        return envelope.Finish();
    }

    /// <summary>Writes as many items as are wanted and fit; one that does not is left for the next Pull, unless it is the first: then no Pull could ever carry it.</summary>
    private void WriteItems(WsManRequest request, WsManEnvelope envelope, OpenEnumeration enumeration, string prefix, string nameSpace, int maxItems)
    {
        var writer = envelope.Writer;
        var items = new InstanceWriter(writer, repository, enumeration.Resource.IsDmtf);
        writer.WriteStartElement(prefix, "Items", nameSpace);
        for (var count = 0; count < maxItems && !enumeration.IsDone; count++)
        {
            var before = envelope.Length;
            WriteItem(items, writer, enumeration, enumeration.Items[enumeration.Next]);
            if (envelope.Length > request.MaxEnvelopeBytes - WsManEnvelope.TrailerBytes)
            {
                if (count == 0)
                {
                    throw WsManFault.AnswerTooLarge(request.MaxEnvelopeIsClients);
                }

                envelope.Truncate(before);
                break;
            }

            enumeration.Next++;
        }

        writer.WriteFullEndElement();
    }

    private static void WriteItem(InstanceWriter items, System.Xml.XmlWriter writer, OpenEnumeration enumeration, CimInstance instance)
    {
        switch (enumeration.Mode)
        {
            case EnumerationMode.Object:
                items.WriteInstance(instance, enumeration.Resource.Namespace, enumeration.Projections);
                break;
            case EnumerationMode.Reference:
                items.WriteEndpointReference(items.PathOf(instance));
                break;
            default:
                writer.WriteStartElement("w", "Item", WsManNames.WsMan);
                items.WriteInstance(instance, enumeration.Resource.Namespace, enumeration.Projections);
                items.WriteEndpointReference(items.PathOf(instance));
                writer.WriteEndElement();
                break;
        }
    }

    private static EnumerationMode ModeOf(WireElement? element) => element?.Text.Trim() switch
    {
        null or "EnumerateObject" => EnumerationMode.Object,
        "EnumerateEPR" => EnumerationMode.Reference,
        "EnumerateObjectAndEPR" => EnumerationMode.ObjectAndReference,
        _ => throw WsManFault.EnumerationMode(),
    };
}
