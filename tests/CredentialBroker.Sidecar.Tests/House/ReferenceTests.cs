using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.House;

namespace CredentialBroker.Sidecar.Tests.House;

/// <summary>The reference page is what the code says. With CREDBROKER_WRITE_REFERENCE=1 it is written instead.</summary>
public sealed class ReferenceTests
{
    private static readonly XmlComments Comments = new(typeof(SidecarOptions).Assembly);

    [Fact]
    public void The_page_of_the_sidecars_configuration_is_the_options()
    {
        var page = new StringBuilder("<!-- Generated from the code; a test compares it. -->\n# The sidecar's configuration\n\nEvery key of the file; any other is a mistake that stops the start. `-` means: no default. Durations are written `90s`, `15m`, `1h30m`. [What it is about](../front-ends/sidecar.md).\n\n");
        foreach (var section in typeof(SidecarOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)) Section(page, section.Name, section);
        var file = RepositoryFiles.PathOf("docs/reference/sidecar.md");
        if (Environment.GetEnvironmentVariable("CREDBROKER_WRITE_REFERENCE") == "1") File.WriteAllText(file, page.ToString());
        Assert.Equal(page.ToString(), File.ReadAllText(file));
    }

    private static void Section(StringBuilder page, string path, PropertyInfo property)
    {
        var named = Named(property.PropertyType);
        var type = named ?? property.PropertyType;
        if (named is not null) path += ":{name}";
        page.Append(CultureInfo.InvariantCulture, $"## `{path}`\n\n{Comments.OfProperty(property.DeclaringType!, property.Name)}\n\n");
        if (Comments.OfType(type) is { Length: > 0 } about && about != Comments.OfProperty(property.DeclaringType!, property.Name)) page.Append(about).Append("\n\n");
        var fresh = Activator.CreateInstance(type)!;
        var inner = new List<PropertyInfo>();
        var rows = new StringBuilder();
        foreach (var key in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(p => p.CanWrite))
        {
            if (IsOptions(Named(key.PropertyType) ?? key.PropertyType)) inner.Add(key);
            else
            {
                var meaning = Comments.OfProperty(type, key.Name);
                Assert.True(meaning.Length > 0, $"{type.Name}.{key.Name} has no comment");
                rows.Append(CultureInfo.InvariantCulture, $"| `{key.Name}` | {Shown(key.GetValue(fresh))} | {meaning} |\n");
            }
        }

        if (rows.Length > 0) page.Append("| key | default | meaning |\n|---|---|---|\n").Append(rows).Append('\n');
        foreach (var key in inner) Section(page, $"{path}:{key.Name}", key);
    }

    private static Type? Named(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Dictionary<,>) && IsOptions(type.GetGenericArguments()[1]) ? type.GetGenericArguments()[1] : null;

    private static bool IsOptions(Type type) => type.Assembly == typeof(SidecarOptions).Assembly && type.IsClass;

    private static string Shown(object? value) => value switch
    {
        null or "" => "-",
        TimeSpan time => $"`{Durations.Format(time)}`",
        bool truth => truth ? "`true`" : "`false`",
        ICollection { Count: 0 } => "none",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };
}
