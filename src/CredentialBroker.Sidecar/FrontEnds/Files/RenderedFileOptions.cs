using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.Files;

/// <summary>One file that is rendered from leases.</summary>
internal sealed class RenderedFileOptions
{
    /// <summary>The file, in memory.</summary>
    public string Path { get; set; } = "";

    /// <summary>`dotenv`, `json`, `ini` or `text`.</summary>
    public string Format { get; set; } = "json";

    /// <summary>Of `dotenv`, `json` and `ini`: each key with the member it holds, as `lease.member`; a key `section.key` of `ini` stands in that section. Empty with `json`: every member of the one lease.</summary>
    public Dictionary<string, string> Values { get; set; } = [];

    /// <summary>Of `text`: the content, with `{{lease.member}}` where a member comes; it comes as it is, whatever the text around it is.</summary>
    public string? Text { get; set; }

    /// <summary>The one lease of a `json` file that holds all its members.</summary>
    public string? Lease { get; set; }

    /// <summary>What the file's mode is, in octal; never writable, and never for others. 0440 lets a group read it.</summary>
    public string Mode { get; set; } = "0400";

    /// <summary>Lets the file be on a disk.</summary>
    public bool OnDisk { get; set; }

    /// <summary>What is done when the file changed or went away.</summary>
    public OnChangeOptions? OnChange { get; set; }

    public UnixFileMode FileMode => (UnixFileMode)Convert.ToInt32(Mode, 8);

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        MemoryFolder.Demand(mistakes, nameof(Path), Path, OnDisk);
        mistakes.Demand(Mode is "0400" or "0440", nameof(Mode), "0400 or 0440");
        if (Lease is not null) mistakes.DemandLease(Lease, nameof(Lease), leases);
        switch (Format)
        {
            case "text":
                mistakes.Demand(Text is { Length: > 0 and <= 65536 } && Values.Count == 0, nameof(Text), "say the content, and no Values");
                if (Text is not null && MemberNames.InText(Text, out var wrong) is var used) Demand(mistakes, nameof(Text), used, wrong, leases);
                break;
            case "json" or "dotenv" or "ini":
                mistakes.Demand(Text is null && (Values.Count > 0 || (Format == "json" && Lease is not null)), nameof(Values), "say the values, and no Text");
                foreach (var (key, member) in Values)
                {
                    mistakes.Demand(IsKey(key), $"{nameof(Values)}:{key}", "a key has letters, digits and _, and a section of ini comes before a dot");
                    Demand(mistakes, $"{nameof(Values)}:{key}", MemberName.TryRead(member) is { } name ? [name] : [], MemberName.TryRead(member) is null ? $"'{member}' is not lease.member" : null, leases);
                }

                break;
            default:
                mistakes.Add(nameof(Format), "dotenv, json, ini or text");
                break;
        }

        OnChange?.Validate(mistakes.Below(nameof(OnChange)));
    }

    private bool IsKey(string key) => key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' || (Format != "dotenv" && c is '.' or '-')) && !char.IsAsciiDigit(key[0]);

    private static void Demand(Mistakes mistakes, string key, IReadOnlyList<MemberName> names, string? wrong, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        if (wrong is not null) mistakes.Add(key, wrong);
        foreach (var name in names) mistakes.DemandLease(name.Lease, key, leases);
    }
}

/// <summary>How a program learns that its file changed.</summary>
internal sealed class OnChangeOptions
{
    /// <summary>A program and its arguments, run without a shell; it has 30 seconds.</summary>
    public List<string> Command { get; set; } = [];

    /// <summary>`HUP`, `USR1`, `USR2` or `TERM`, sent to the process whose number `PidFile` holds.</summary>
    public string? Signal { get; set; }

    /// <summary>File with the number of the process.</summary>
    public string? PidFile { get; set; }

    public void Validate(Mistakes mistakes)
    {
        mistakes.Demand(Command.Count > 0 != Signal is not null, nameof(Command), "say a command or a signal");
        mistakes.Demand(Command.Count == 0 || Command[0].StartsWith('/'), nameof(Command), "say the program's whole path");
        mistakes.Demand(Signal is null or "HUP" or "USR1" or "USR2" or "TERM", nameof(Signal), "HUP, USR1, USR2 or TERM");
        if (Signal is not null) mistakes.DemandPath(PidFile, nameof(PidFile));
    }
}
