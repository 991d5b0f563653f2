using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using CredentialBroker.Configuration;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.House;

/// <summary>
/// The reference pages are what the code says. With CREDBROKER_WRITE_REFERENCE=1 and the filter ReferenceTests they are written instead.
/// </summary>
public sealed class ReferenceTests
{
    private const string Variable = "CREDBROKER_WRITE_REFERENCE";
    private static bool _writes;
    private static readonly XmlComments Service = new(typeof(BrokerOptions).Assembly);
    private static readonly XmlComments Eye = new(typeof(WebConsole.ConsoleOptions).Assembly);
    private static readonly XmlComments Wire = new(typeof(ReasonCodes).Assembly);

    [Fact]
    public void The_page_of_reason_codes_is_the_codes()
    {
        var page = Page("Reason codes", "Every refusal carries one of these as `code`; they are never renamed. The status is the problem answer's.");
        page.AppendLine("| code | status | meaning |\n|---|---|---|");
        foreach (var field in typeof(ReasonCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var code = (string)field.GetRawConstantValue()!;
            var meaning = Wire.OfField(typeof(ReasonCodes), field.Name);
            Assert.True(meaning.Length > 0, $"{code} has no comment");
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{code}` | {Problems.StatusOf(code)} | {meaning} |");
        }

        Compare("reason-codes.md", page);
    }

    [Fact]
    public void The_page_of_access_is_the_access_table()
    {
        var page = Page("Who may call what", "A route without a row is refused. `Admin` may do whatever an operator may. `WorkloadOrOperator`: a workload sees and touches its own only.");
        foreach (var audience in Enum.GetNames<Audience>()) page.AppendLine(CultureInfo.InvariantCulture, $"* `{audience}`: {Service.OfField(typeof(Audience), audience)}");
        page.AppendLine();
        foreach (var role in Enum.GetNames<Role>()) page.AppendLine(CultureInfo.InvariantCulture, $"* `{role}`: {Service.OfField(typeof(Role), role)}");
        page.AppendLine("\n| method | route | audience | operator roles |\n|---|---|---|---|");
        foreach (var row in AccessTable.Rows) page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Method} | `{row.Route}` | {row.Audience} | {string.Join(", ", row.Roles)} |");
        Compare("access.md", page);
    }

    [Fact]
    public void The_page_of_configuration_is_the_options()
    {
        var page = Page("Configuration", "Every key that `appsettings.json` may hold; any other is a mistake that stops the start, and so is a value outside the bounds that its meaning names. `-` means: no default.");
        foreach (var section in Keys(typeof(BrokerOptions)))
        {
            Section(page, section.Name, section.PropertyType, 2);
        }

        Compare("configuration.md", page);
    }

    private static void Section(StringBuilder page, string path, Type type, int depth)
    {
        page.AppendLine(CultureInfo.InvariantCulture, $"{new string('#', Math.Min(depth, 3))} `{path}`\n");
        if (Of(type).OfType(type) is { Length: > 0 } about) page.AppendLine(about).AppendLine();
        var fresh = type.GetConstructor(Type.EmptyTypes) is null ? null : Activator.CreateInstance(type);
        var inner = new List<(string Path, Type Type)>();
        var rows = new StringBuilder();
        foreach (var key in Keys(type))
        {
            if (Named(key.PropertyType) is { } named) inner.Add(($"{path}:{key.Name}:{{name}}", named));
            else if (IsOptions(key.PropertyType)) inner.Add(($"{path}:{key.Name}", key.PropertyType));
            else
            {
                if (Listed(key.PropertyType) is { } listed) inner.Add(($"{path}:{key.Name}:{{n}}", listed));
                rows.AppendLine(CultureInfo.InvariantCulture, $"| `{key.Name}` | {Kind(key)} | {Shown(fresh is null ? null : key.GetValue(fresh))} | {Meaning(type, key)} |");
            }
        }

        if (rows.Length > 0) page.AppendLine("| key | type | default | meaning |\n|---|---|---|---|").Append(rows).AppendLine();
        foreach (var (below, options) in inner) Section(page, below, options, depth + 1);
    }

    private static XmlComments Of(Type type) =>
        type.Assembly == typeof(BrokerOptions).Assembly ? Service : type.Assembly == typeof(WebConsole.ConsoleOptions).Assembly ? Eye : Wire;

    private static string Meaning(Type type, PropertyInfo key)
    {
        var meaning = Of(type).OfProperty(type, key.Name);
        Assert.True(meaning.Length > 0, $"{type.Name}.{key.Name} has no comment");
        return meaning;
    }

    private static string Kind(PropertyInfo key) => (Nullable.GetUnderlyingType(key.PropertyType) ?? key.PropertyType) switch
    {
        var type when type == typeof(string) => key.Name.EndsWith("File", StringComparison.Ordinal) ? "file" : key.Name.EndsWith("Folder", StringComparison.Ordinal) ? "folder" : "text",
        var type when type == typeof(bool) => "true or false",
        var type when type == typeof(TimeSpan) => "duration",
        var type when type == typeof(DateTimeOffset) => "time",
        var type when type == typeof(Uri) => "address",
        { IsPrimitive: true } => "number",
        { IsEnum: true } type => string.Join(", ", Enum.GetNames(type)),
        var type when typeof(IEnumerable).IsAssignableFrom(type) => "list",
        _ => "text",
    };

    private static string Shown(object? value) => value switch
    {
        null or "" => "-",
        string text => $"`{text}`",
        bool flag => flag ? "`true`" : "`false`",
        TimeSpan span => $"`{span:c}`",
        DateTimeOffset => "-",
        IEnumerable list => list.Cast<object>().Any() ? $"`{string.Join(", ", list.Cast<object>())}`" : "empty",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static IEnumerable<PropertyInfo> Keys(Type type) => type.GetProperties().Where(p => p.CanWrite);

    private static Type? Named(Type type) => type.IsGenericType && type.GetGenericArguments() is [_, var item] && IsOptions(item) ? item : null;

    private static Type? Listed(Type type) => type.IsGenericType && type.GetGenericArguments() is [var item] && IsOptions(item) ? item : null;

    private static bool IsOptions(Type type) => type is { IsClass: true, IsArray: false } && type.Namespace?.StartsWith("CredentialBroker", StringComparison.Ordinal) == true;

    internal static StringBuilder Page(string title, string about) =>
        new($"# {title}\n\n<!-- Generated from the code; a test compares it. CREDBROKER_WRITE_REFERENCE=1 rewrites it. -->\n\n{about}\n\n");

    /// <summary>The variable shares its prefix with the broker's own, which would refuse it: it is taken out before one is started.</summary>
    internal static void Begin()
    {
        _writes |= Environment.GetEnvironmentVariable(Variable) == "1";
        Environment.SetEnvironmentVariable(Variable, null);
    }

    internal static void Compare(string name, StringBuilder page)
    {
        var file = RepositoryFiles.PathOf($"docs/reference/{name}");
        var text = page.Replace("\r\n", "\n").ToString().TrimEnd() + "\n";
        Begin();
        if (_writes) File.WriteAllText(file, text);
        Assert.True(File.Exists(file), $"docs/reference/{name} is missing; run the tests with CREDBROKER_WRITE_REFERENCE=1");
        Assert.Equal(text, File.ReadAllText(file));
    }
}
