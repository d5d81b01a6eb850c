export type SecurityTarget =
  | { readonly k: 'object'; readonly name: readonly string[] }
  | { readonly k: 'schema'; readonly name: string }
  | { readonly k: 'database'; readonly name?: string | undefined };

export interface PermissionNode {
  readonly right: string;
  readonly columns?: readonly string[] | undefined;
}

export type SecurityAction =
  | {
      readonly k: 'createLogin';
      readonly name: string;
      readonly password: string;
      readonly database?: string | undefined;
    }
  | {
      readonly k: 'alterLogin';
      readonly name: string;
      readonly password?: string | undefined;
      readonly disabled?: boolean | undefined;
    }
  | {
      readonly k: 'createUser';
      readonly name: string;
      readonly login: string;
      readonly schema?: string | undefined;
    }
  | { readonly k: 'alterUser'; readonly name: string; readonly schema: string }
  | { readonly k: 'createRole'; readonly name: string }
  | { readonly k: 'addMember'; readonly role: string; readonly member: string }
  | { readonly k: 'dropMember'; readonly role: string; readonly member: string }
  | {
      readonly k: 'drop';
      readonly what: 'LOGIN' | 'USER' | 'ROLE';
      readonly name: string;
      readonly ifExists: boolean;
    }
  | {
      readonly k: 'grant' | 'deny' | 'revoke';
      readonly permissions: readonly PermissionNode[];
      readonly on: SecurityTarget;
      readonly to: readonly string[];
    };

export interface SecurityStatement {
  readonly k: 'security';
  readonly action: SecurityAction;
}
