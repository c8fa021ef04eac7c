using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace NsCollector.Tests.Architecture;

/// <summary>
/// Which types of an assembly use which others, by its metadata and IL: base types, fields, signatures, locals, attributes,
/// and every token of every method body. Types that the compiler generates count as their declaring type. Constants leave
/// no trace in IL; <see cref="SourceDependencies"/> finds them.
/// </summary>
internal sealed class AssemblyDependencies
{
    private const string Root = "NsCollector";

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    private readonly MetadataReader _metadata;
    private readonly PEReader _image;
    private readonly HashSet<Dependency> _found = [];
    private readonly TypeRecorder _types;

    private AssemblyDependencies(PEReader image)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
        _types = new TypeRecorder(this);
    }

    // The type whose members are being read.
    private TypeDefinitionHandle _user;

    internal static IReadOnlySet<Dependency> Read(string path)
    {
        using PEReader image = new(File.OpenRead(path));
        AssemblyDependencies reader = new(image);
        foreach (TypeDefinitionHandle type in reader._metadata.TypeDefinitions) reader.ReadType(type);
        return reader._found;
    }

    private void ReadType(TypeDefinitionHandle handle)
    {
        _user = handle;
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        Use(type.BaseType);
        Use(type.GetDeclaringType());
        foreach (InterfaceImplementationHandle one in type.GetInterfaceImplementations()) Use(_metadata.GetInterfaceImplementation(one).Interface);
        UseAttributes(type.GetCustomAttributes());
        UseConstraints(type.GetGenericParameters());
        foreach (FieldDefinitionHandle one in type.GetFields())
        {
            FieldDefinition field = _metadata.GetFieldDefinition(one);
            field.DecodeSignature(_types, null);
            UseAttributes(field.GetCustomAttributes());
        }

        foreach (PropertyDefinitionHandle one in type.GetProperties()) UseAttributes(_metadata.GetPropertyDefinition(one).GetCustomAttributes());
        foreach (MethodDefinitionHandle one in type.GetMethods()) ReadMethod(_metadata.GetMethodDefinition(one));
    }

    private void ReadMethod(MethodDefinition method)
    {
        method.DecodeSignature(_types, null);
        UseAttributes(method.GetCustomAttributes());
        UseConstraints(method.GetGenericParameters());
        if (method.RelativeVirtualAddress == 0) return;
        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil) _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_types, null);
        foreach (ExceptionRegion region in body.ExceptionRegions) Use(region.CatchType);
        ReadInstructions(body.GetILReader());
    }

    private void ReadInstructions(BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            int first = code.ReadByte();
            OpCode operation = OpCodesByValue[unchecked((short)(first == 0xFE ? (first << 8) | code.ReadByte() : first))];
            switch (operation.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    code.Offset += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += 8;
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    Use(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                default:
                    code.Offset += 4;
                    break;
            }
        }
    }

    private void Use(EntityHandle handle)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Record((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_types, null);
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                Record(field.GetDeclaringType());
                field.DecodeSignature(_types, null);
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Record(method.GetDeclaringType());
                // The return type of a call is used even if the value is only passed on.
                method.DecodeSignature(_types, null);
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Use(specification.Method);
                specification.DecodeSignature(_types, null);
                break;
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                Use(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Field) member.DecodeFieldSignature(_types, null);
                else member.DecodeMethodSignature(_types, null);
                break;
        }
    }

    private void UseAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle one in attributes) Use(_metadata.GetCustomAttribute(one).Constructor);
    }

    private void UseConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle one in _metadata.GetGenericParameter(parameter).GetConstraints())
                Use(_metadata.GetGenericParameterConstraint(one).Type);
        }
    }

    private void Record(TypeDefinitionHandle used)
    {
        (string from, string user) = Outermost(_user);
        (string to, string name) = Outermost(used);
        if (IsOurs(from) && IsOurs(to) && (from, user) != (to, name)) _found.Add(new(from, to, user, name));
    }

    private static bool IsOurs(string name) => name.StartsWith(Root + ".", StringComparison.Ordinal);

    private (string Namespace, string Name) Outermost(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        string name = _metadata.GetString(type.Name);
        return (_metadata.GetString(type.Namespace), name.Split('`')[0]);
    }

    /// <summary>Records every type of the assembly that a signature names.</summary>
    private sealed class TypeRecorder(AssemblyDependencies reader) : ISignatureTypeProvider<object?, object?>
    {
        public object? GetTypeFromDefinition(MetadataReader metadata, TypeDefinitionHandle handle, byte rawTypeKind)
        {
            reader.Record(handle);
            return null;
        }

        public object? GetTypeFromSpecification(MetadataReader metadata, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
            metadata.GetTypeSpecification(handle).DecodeSignature(this, context);

        public object? GetTypeFromReference(MetadataReader metadata, TypeReferenceHandle handle, byte rawTypeKind) => null;

        public object? GetArrayType(object? element, ArrayShape shape) => null;

        public object? GetByReferenceType(object? element) => null;

        public object? GetFunctionPointerType(MethodSignature<object?> signature) => null;

        public object? GetGenericInstantiation(object? generic, ImmutableArray<object?> arguments) => null;

        public object? GetGenericMethodParameter(object? context, int index) => null;

        public object? GetGenericTypeParameter(object? context, int index) => null;

        public object? GetModifiedType(object? modifier, object? unmodified, bool isRequired) => null;

        public object? GetPinnedType(object? element) => null;

        public object? GetPointerType(object? element) => null;

        public object? GetPrimitiveType(PrimitiveTypeCode code) => null;

        public object? GetSZArrayType(object? element) => null;
    }
}
