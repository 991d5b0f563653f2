using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace CredentialBroker.Tests.House;

/// <summary>The comments of an assembly, from the file that the compiler writes beside it, as one line of Markdown each.</summary>
internal sealed partial class XmlComments
{
    private readonly Dictionary<string, XElement> _members;

    public XmlComments(System.Reflection.Assembly assembly) =>
        _members = XDocument.Load(Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml"))
            .Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

    public string OfType(Type type) => Summary($"T:{NameOf(type)}");

    public string OfField(Type type, string name) => Summary($"F:{NameOf(type)}.{name}");

    /// <summary>A property's summary; for a positional record, the parameter's text.</summary>
    public string OfProperty(Type type, string name) =>
        Summary($"P:{NameOf(type)}.{name}") is { Length: > 0 } summary ? summary
        : _members.GetValueOrDefault($"T:{NameOf(type)}")?.Elements("param").FirstOrDefault(p => p.Attribute("name")!.Value == name) is { } param ? Line(param)
        : "";

    private string Summary(string member) => _members.GetValueOrDefault(member)?.Element("summary") is { } summary ? Line(summary) : "";

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static string Line(XElement element)
    {
        var text = string.Concat(element.Nodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{(see.Attribute("cref")?.Value ?? see.Attribute("langword")!.Value).Split('.')[^1]}`",
            XElement other => other.Value,
            _ => "",
        }));
        return Blanks().Replace(text, " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
