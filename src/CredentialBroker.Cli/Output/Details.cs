namespace CredentialBroker.Cli.Output;

/// <summary>One thing, a member to a line; what is absent is left out.</summary>
internal static class Details
{
    public static void Write(Shell shell, params (string Name, string? Value)[] members)
    {
        var shown = members.Where(m => !string.IsNullOrEmpty(m.Value)).ToList();
        var width = shown.Max(m => m.Name.Length);
        foreach (var (name, value) in shown) shell.Out.WriteLine(Table.Cut($"{name.PadRight(width)}  {Printable.Of(value!)}", shell.Width));
    }
}
