using System.Globalization;
using System.Text;

namespace CredentialBroker.Protocol;

/// <summary>Builds a path and its query; values are percent-encoded, absent ones left out.</summary>
internal sealed class BrokerQuery(string path)
{
    private readonly StringBuilder _text = new(path);
    private char _separator = '?';

    /// <summary>A path below a folder, with the id as one encoded segment.</summary>
    /// <exception cref="ArgumentException">The id is empty or a dot segment, which no path can carry.</exception>
    public static string Path(string folder, string id, string rest = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        if (id is "." or "..") throw new ArgumentException($"'{id}' is no id", nameof(id));
        return $"{folder}/{Uri.EscapeDataString(id)}{rest}";
    }

    public BrokerQuery With(string name, string? value)
    {
        if (value is null) return this;
        _text.Append(_separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _separator = '&';
        return this;
    }

    public BrokerQuery With(string name, long? value) => With(name, value?.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();
}
