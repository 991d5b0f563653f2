using System.Text.Json;

namespace CredentialBroker.Sidecar.FrontEnds.Postgres;

/// <summary>One lease's login, as libpq's two files spell it.</summary>
internal sealed record Login(string Host, string Port, string Database, string User, string Password, string SslMode)
{
    /// <exception cref="FormatException">The members are no login, or have what fits on no line.</exception>
    public static Login Of(string lease, string backend, JsonElement members)
    {
        return new Login(Member("host"), Member("port"), Member("database"), Member("username"), Member("password"), Member("sslmode"));

        string Member(string name)
        {
            var value = members.TryGetProperty(name, out var found) ? found.GetString()! : throw new FormatException($"lease '{lease}' is of backend {backend}, and has no {name}");
            return value.AsSpan().ContainsAny('\n', '\r', '\0') ? throw new FormatException($"the {name} of lease '{lease}' is of more than one line") : value;
        }
    }

    public string PasswordLine => string.Join(':', new[] { Host, Port, Database, User, Password }.Select(Escaped)) + "\n";

    public string Service(string name, string passwordFile) =>
        $"[{name}]\nhost={Host}\nport={Port}\ndbname={Database}\nuser={User}\nsslmode={SslMode}\npassfile={passwordFile}\n";

    public override string ToString() => "[login]";

    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
