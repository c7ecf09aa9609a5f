using System.CommandLine;
using System.Text.Json;
using HvPlatform.Contracts;
using Spectre.Console;

namespace HvPlatform.Cli.Client;

/// <summary>How results are printed: a table for people, or with <c>-o json</c> the API's own JSON for programs.</summary>
internal static class Output
{
    static readonly JsonSerializerOptions s_indented = new(HvJson.Options) { WriteIndented = true };

    /// <summary>The option every verb has.</summary>
    public static Option<string> Option()
    {
        var option = new Option<string>("--output", "-o") { Description = "table or json", DefaultValueFactory = _ => "table" };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }

    /// <summary>A console for people; when it is no terminal, plain text in lines that are not wrapped, which scripts can read.</summary>
    public static IAnsiConsole Console(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = 1000;
        }

        return console;
    }

    /// <summary>Prints a list.</summary>
    /// <param name="format">table or json.</param>
    /// <param name="items">What the API gave.</param>
    /// <param name="columns">Header and member of each column of the table.</param>
    public static void List(string format, IReadOnlyList<JsonElement> items, params (string Header, Func<JsonElement, string> Text)[] columns)
    {
        if (format == "json")
        {
            System.Console.WriteLine(JsonSerializer.Serialize(items, s_indented));
            return;
        }

        var console = Console(System.Console.Out, System.Console.IsOutputRedirected);
        var table = new Table { Border = TableBorder.None };
        table.AddColumns([.. columns.Select(c => new TableColumn(new Text(c.Header, new Style(decoration: Decoration.Bold))).NoWrap())]);
        foreach (var item in items)
        {
            table.AddRow(columns.Select(c => new Text(c.Text(item))));
        }

        console.Write(table);
    }

    /// <summary>Prints one resource as JSON.</summary>
    public static void Json(object value) => System.Console.WriteLine(JsonSerializer.Serialize(value, s_indented));

    /// <summary>A member as text, empty if absent.</summary>
    public static string Text(this JsonElement item, string member) => item.TryGetProperty(member, out var value) ? value.ToString() : "";

    /// <summary>Prints an operation and gives the exit code: 0 if it ended as was asked for or is on its way, 1 if it ended otherwise.</summary>
    public static int Operation(string format, OperationRow operation, OperationStatus succeeded = OperationStatus.Succeeded)
    {
        if (format == "json")
        {
            Json(operation);
        }
        else
        {
            System.Console.WriteLine($"{operation.Id}  {operation.Kind}  {operation.VmName ?? operation.VmId.ToString()}  {operation.Status}");
            for (var error = operation.Error; error is not null; error = error.Cause)
            {
                System.Console.Error.WriteLine($"  {error.Message}{(error.NativeMessage is null ? "" : $" ({error.NativeCode}: {error.NativeMessage})")}{(error.Advice is null ? "" : $"\n  {error.Advice}")}");
            }
        }

        return operation.IsFinal && operation.Status != succeeded ? 1 : 0;
    }
}
