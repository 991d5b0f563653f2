using System.Text;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.Files;

/// <summary>A file of a configured format that holds members of leases: whole or not there, and there only while all of its leases are.</summary>
internal sealed class RenderedFile(string name, RenderedFileOptions options, IReadOnlyDictionary<string, HeldLease> leases, Say say, TimeProvider clock) : FileFrontEnd(say)
{
    private readonly ChangeNotice? _notice = options.OnChange is { } onChange ? new ChangeNotice(name, onChange, say, clock) : null;
    private string? _written;

    public override string Name => $"file {name}";

    public override IReadOnlyList<HeldLease> Leases { get; } = [.. Used(options).Distinct(StringComparer.Ordinal).Select(used => leases[used])];

    protected override bool Write()
    {
        if (Leases.Any(lease => lease.Now is Holding.Nothing)) return false;
        var content = options.Format switch
        {
            "text" => MemberNames.Fill(options.Text!, Value),
            "dotenv" => FileFormats.Dotenv(Values()),
            "ini" => FileFormats.Ini(Values()),
            _ => Encoding.UTF8.GetString(Answers.Json(json =>
            {
                if (options.Lease is { } whole) Leases.Single(lease => lease.Name == whole).Read((_, members) =>
                {
                    foreach (var member in members.EnumerateObject()) json.WriteString(member.Name, member.Value.GetString());
                    return whole;
                }, out var _);
                foreach (var (key, value) in Values()) json.WriteString(key, value);
            })),
        };
        if (content == _written) return true;
        PrivateFile.Write(options.Path, Encoding.UTF8.GetBytes(content), options.FileMode);
        _written = content;
        _notice?.Tell();
        return true;
    }

    protected override void Remove()
    {
        PrivateFile.Remove(options.Path);
        if (_written is not null) _notice?.Tell();
        _written = null;
    }

    private IEnumerable<(string Key, string Value)> Values() => options.Values.Select(value => (value.Key, Value(MemberName.TryRead(value.Value)!)));

    private string Value(MemberName name) => leases[name.Lease].Read((held, members) => members.TryGetProperty(name.Member, out var value)
        ? value.GetString()
        : throw new FormatException($"lease '{name.Lease}' is of backend {held.Lease.Backend}, and has no {name.Member}"), out _) ?? throw new FormatException($"lease '{name.Lease}' is over");

    private static IEnumerable<string> Used(RenderedFileOptions options) =>
        options.Values.Values.Select(value => MemberName.TryRead(value)!.Lease)
            .Concat(options.Text is { } text ? MemberNames.InText(text, out _).Select(name => name.Lease) : [])
            .Concat(options.Lease is { } lease ? [lease] : []);
}
